//! `binding.url`: the URL standard's parser and setters, over the crate `url`.
//!
//! A parsed URL goes to JavaScript as its text and the places of its parts in that text, which is
//! ASCII, so that bytes and UTF-16 code units count alike.

use url::{Position, Url, quirks};

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
    method(scope, target, "domainToASCII", domain_to_ascii);
    method(scope, target, "domainToUnicode", domain_to_unicode);
}

/// Where a URL's parts begin and end, in the order of `internal/url`'s `URLContext`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the crate limits a URL to 4 GiB"
)]
fn places(url: &Url) -> [u32; 12] {
    let at = |position: Position| url[..position].len();
    let username_end = at(Position::AfterUsername);
    let host_start = at(Position::BeforeHost);
    // `Position::BeforePassword` and `AfterPassword` fail where there is a name but no password.
    let (password_start, password_end) = match url.password() {
        Some(password) => (host_start - 1 - password.len(), host_start - 1),
        None => (username_end, username_end),
    };
    [
        at(Position::AfterScheme),
        at(Position::BeforeUsername),
        username_end,
        password_start,
        password_end,
        host_start,
        at(Position::AfterHost),
        at(Position::BeforePort),
        at(Position::AfterPort),
        at(Position::AfterPath),
        at(Position::AfterQuery),
        at(Position::BeforePath),
    ]
    .map(|place| place as u32)
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
    result.set(string(scope, url.as_str()).into());
}

fn parse_arguments(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> Option<Url> {
    let input = string_arg(scope, args, 0);
    let base = args.get(1);
    if base.is_undefined() {
        return Url::parse(&input).ok();
    }
    let base = Url::parse(&base.to_rust_string_lossy(scope)).ok()?;
    base.join(&input).ok()
}

/// `parse(input, base | undefined, places)` → the URL's text, or undefined where it is none.
fn parse(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    if let Some(url) = parse_arguments(scope, &args) {
        give(scope, &url, view_arg(&args, 2), &mut result);
    }
}

/// `canParse(input, base | undefined)`.
fn can_parse(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    result.set_bool(parse_arguments(scope, &args).is_some());
}

/// `update(href, part, value, places)` → the new text, or undefined where the setter refuses.
fn update(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(mut url) = Url::parse(&string_arg(scope, &args, 0)) else {
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
        "protocol" => quirks::set_protocol(url, value).ok(),
        "username" => quirks::set_username(url, value).ok(),
        "password" => quirks::set_password(url, value).ok(),
        "host" => quirks::set_host(url, value).ok(),
        "hostname" => quirks::set_hostname(url, value).ok(),
        "port" => quirks::set_port(url, value).ok(),
        "pathname" => {
            quirks::set_pathname(url, value);
            Some(())
        }
        "search" => {
            quirks::set_search(url, value);
            Some(())
        }
        "hash" => {
            quirks::set_hash(url, value);
            Some(())
        }
        _ => None,
    }
}

fn domain_to_ascii(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let domain = quirks::domain_to_ascii(&string_arg(scope, &args, 0));
    result.set(string(scope, &domain).into());
}

fn domain_to_unicode(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let domain = quirks::domain_to_unicode(&string_arg(scope, &args, 0));
    result.set(string(scope, &domain).into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_where_the_parts_end() {
        let url = Url::parse("http://me:pw@host:81/path?query#hash").unwrap();
        let text = url.as_str();
        let places = places(&url).map(|place| place as usize);
        let parts: Vec<&str> = places[1..9]
            .chunks(2)
            .map(|pair| &text[pair[0]..pair[1]])
            .collect();
        assert_eq!(parts, ["me", "pw", "host", "81"]);
        assert_eq!(&text[..places[0]], "http");
        assert_eq!(&text[places[11]..places[9]], "/path");
        assert_eq!(&text[places[9]..places[10]], "?query");
        assert_eq!(&text[places[10]..], "#hash");
    }

    #[test]
    fn a_name_without_password_has_an_empty_one() {
        let url = Url::parse("http://me@host/").unwrap();
        let places = places(&url);
        assert_eq!(places[3], places[4]);
        assert_eq!(&url.as_str()[places[5] as usize..], "host/");
    }

    #[test]
    fn a_setter_that_refuses_changes_nothing() {
        let mut url = Url::parse("http://host/").unwrap();
        assert_eq!(set(&mut url, "port", "x"), None);
        assert_eq!(set(&mut url, "port", "8080"), Some(()));
        assert_eq!(url.as_str(), "http://host:8080/");
    }
}
