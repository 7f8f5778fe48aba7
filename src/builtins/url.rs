//! `binding.url`: the URL standard's parser and setters, over Ada, the parser that Node uses.
//!
//! A parsed URL goes to JavaScript as its text and the places of its parts in that text, which is
//! ASCII, so that bytes and UTF-16 code units count alike.

use ada_url::{Idna, Url};

use super::bytes::{view_arg, writable};
use super::{method, string_arg};
use crate::engine::string;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "parse", parse);
    method(scope, target, "canParse", can_parse);
    method(scope, target, "update", update);
    method(scope, target, "toASCII", to_ascii);
    method(scope, target, "domainToASCII", domain_to_ascii);
    method(scope, target, "domainToUnicode", domain_to_unicode);
}

/// What a URL does not have.
const ABSENT: u32 = u32::MAX;

/// Where a URL's parts begin and end, its port and the kind of its scheme, in the order of
/// `internal/url`'s `URLContext`.
fn places(url: &Url) -> [u32; 9] {
    let parts = url.components();
    [
        parts.protocol_end,
        parts.username_end,
        parts.host_start,
        parts.host_end,
        parts.pathname_start.unwrap_or(ABSENT),
        parts.search_start.unwrap_or(ABSENT),
        parts.hash_start.unwrap_or(ABSENT),
        parts.port.unwrap_or(ABSENT),
        url.scheme_type() as u32,
    ]
}

/// Gives `url` to JavaScript: its text as the result, the places in the `Uint32Array`.
fn give(
    scope: &mut Scope<'_, '_>,
    url: &Url,
    target: v8::Local<v8::ArrayBufferView>,
    result: &mut Ret<'_>,
) {
    let slots = writable(target).chunks_exact_mut(size_of::<u32>());
    for (slot, place) in slots.zip(places(url)) {
        slot.copy_from_slice(&place.to_ne_bytes());
    }
    result.set(string(scope, url.href()).into());
}

fn base_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> Option<String> {
    let base = args.get(1);
    (!base.is_undefined()).then(|| base.to_rust_string_lossy(scope))
}

/// `parse(input, base | undefined, places)` → the URL's text, or undefined where it is none.
fn parse(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let input = string_arg(scope, &args, 0);
    let base = base_arg(scope, &args);
    if let Ok(url) = Url::parse(&input, base.as_deref()) {
        give(scope, &url, view_arg(&args, 2), &mut result);
    }
}

/// `canParse(input, base | undefined)`.
fn can_parse(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let input = string_arg(scope, &args, 0);
    let base = base_arg(scope, &args);
    result.set_bool(Url::can_parse(&input, base.as_deref()));
}

/// `update(href, part, value, places)` → the new text, or undefined where the setter refuses.
fn update(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(mut url) = Url::parse(string_arg(scope, &args, 0), None) else {
        return;
    };
    let part = string_arg(scope, &args, 1);
    let value = string_arg(scope, &args, 2);
    if set(&mut url, &part, &value).is_some() {
        give(scope, &url, view_arg(&args, 3), &mut result);
    }
}

fn set(url: &mut Url, part: &str, value: &str) -> Option<()> {
    match part {
        "href" => url.set_href(value).ok(),
        "protocol" => url.set_protocol(value).ok(),
        "username" => url.set_username(Some(value)).ok(),
        "password" => url.set_password(Some(value)).ok(),
        "host" => url.set_host(Some(value)).ok(),
        "hostname" => url.set_hostname(Some(value)).ok(),
        "port" => url.set_port(Some(value)).ok(),
        "pathname" => url.set_pathname(Some(value)).ok(),
        "search" => {
            url.set_search(Some(value));
            Some(())
        }
        "hash" => {
            url.set_hash(Some(value));
            Some(())
        }
        _ => None,
    }
}

/// `toASCII(domain)` → by UTS #46, whether or not it can be a host, or ''.
fn to_ascii(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let domain = Idna::ascii(&string_arg(scope, &args, 0));
    result.set(string(scope, &domain).into());
}

/// `domainToASCII(domain)` → as a URL's host, or '' where that cannot be.
fn domain_to_ascii(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let domain = host_of(&string_arg(scope, &args, 0));
    result.set(string(scope, &domain).into());
}

/// `domainToUnicode(domain)` → as a URL's host for people, or ''.
fn domain_to_unicode(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let domain = Idna::unicode(&host_of(&string_arg(scope, &args, 0)));
    result.set(string(scope, &domain).into());
}

/// `domain` as the host of a URL with a special scheme.
fn host_of(domain: &str) -> String {
    if domain.is_empty() {
        return String::new();
    }
    // A setter parses what a domain may be, where a URL around it would take what follows as path.
    let Ok(mut url) = Url::parse("ws://x", None) else {
        return String::new();
    };
    match url.set_hostname(Some(domain)) {
        Ok(()) => url.hostname().to_owned(),
        Err(()) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_where_the_parts_end() {
        let url = Url::parse("http://me:pw@host:81/path?query#hash", None).unwrap();
        let text = url.href();
        let [
            protocol,
            name,
            host,
            host_end,
            path,
            search,
            hash,
            port,
            kind,
        ] = places(&url);
        let between = |from: u32, to: u32| &text[from as usize..to as usize];
        assert_eq!(between(0, protocol), "http:");
        assert_eq!(between(protocol, name), "//me");
        assert_eq!(between(name, host), ":pw");
        assert_eq!(between(host, host_end), "@host");
        assert_eq!(between(path, search), "/path");
        assert_eq!(between(search, hash), "?query");
        assert_eq!((port, kind), (81, 0));
    }

    #[test]
    fn what_is_not_there_has_no_place() {
        let places = places(&Url::parse("http://host/", None).unwrap());
        assert_eq!(places[5..8], [ABSENT; 3]);
    }

    #[test]
    fn a_setter_that_refuses_changes_nothing() {
        let mut url = Url::parse("http://host/", None).unwrap();
        assert_eq!(set(&mut url, "port", "x"), None);
        assert_eq!(set(&mut url, "port", "8080"), Some(()));
        assert_eq!(url.href(), "http://host:8080/");
    }
}
