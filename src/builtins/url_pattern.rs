//! `binding.urlPattern`: what the URL Pattern standard makes of a pattern and of what is matched,
//! over the crate `urlpattern`. The matching itself is JavaScript's, by regular expressions.

use urlpattern::quirks::{self, EcmaRegexp, StringOrInit, UrlPatternComponent, UrlPatternInit};
use urlpattern::regexp::RegExp;
use urlpattern::{RegexSyntax, UrlPatternOptions};

use super::{method, string_arg, string_array};
use crate::engine::string;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "parse", parse);
    method(scope, target, "matchInput", match_input);
}

/// A regular expression in JavaScript's syntax, which JavaScript compiles.
struct Source(String);

impl RegExp for Source {
    fn syntax() -> RegexSyntax {
        RegexSyntax::EcmaScript
    }

    fn parse(pattern: &str, _flags: &str, _force_eval: bool) -> Result<Self, ()> {
        Ok(Self(pattern.to_owned()))
    }

    /// Asked only whether a protocol of this pattern can be one of the special schemes.
    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        let regexp = EcmaRegexp::parse(&self.0, "u", false).ok()?;
        // The result borrows from `text` alone, but the trait ties it to the expression as well.
        regexp.matches(text)
    }

    fn pattern_string(&self) -> &str {
        &self.0
    }
}

/// Argument `index`: a string, or an array of the nine members of a `URLPatternInit` in the order of
/// `internal/url/pattern`, undefined where one is not given.
fn input_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> StringOrInit<'static> {
    let Ok(members) = v8::Local::<v8::Array>::try_from(args.get(index)) else {
        return StringOrInit::String(string_arg(scope, args, index).into());
    };
    let member = |index: u32| {
        let value = members.get_index(scope, index)?;
        (!value.is_undefined()).then(|| value.to_rust_string_lossy(scope))
    };
    StringOrInit::Init(UrlPatternInit {
        protocol: member(0),
        username: member(1),
        password: member(2),
        hostname: member(3),
        port: member(4),
        pathname: member(5),
        search: member(6),
        hash: member(7),
        base_url: member(8),
    })
}

fn base_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> Option<String> {
    let base = args.get(1);
    (!base.is_undefined()).then(|| base.to_rust_string_lossy(scope))
}

/// `parse(input, baseURL | undefined, ignoreCase)` → for each of the eight components its pattern,
/// the source of its regular expression and the names of its groups, in one array, then whether a
/// component has a group with a regular expression; undefined where this is no pattern.
fn parse(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let input = input_arg(scope, &args, 0);
    let base = base_arg(scope, &args);
    let options = UrlPatternOptions {
        ignore_case: args.get(2).is_true(),
        regex_syntax: RegexSyntax::EcmaScript,
    };
    let Ok(pattern) = quirks::process_construct_pattern_input(input, base.as_deref())
        .and_then(|init| quirks::parse_pattern::<Source>(init, options))
    else {
        return;
    };
    let components = [
        pattern.protocol,
        pattern.username,
        pattern.password,
        pattern.hostname,
        pattern.port,
        pattern.pathname,
        pattern.search,
        pattern.hash,
    ];
    let mut values = Vec::with_capacity(components.len() * 3 + 1);
    for component in &components {
        values.extend(component_values(scope, component));
    }
    values.push(v8::Boolean::new(scope, pattern.has_regexp_groups).into());
    result.set(v8::Array::new_with_elements(scope, &values).into());
}

fn component_values<'s>(
    scope: &mut Scope<'s, '_>,
    component: &UrlPatternComponent,
) -> [v8::Local<'s, v8::Value>; 3] {
    [
        string(scope, &component.pattern_string).into(),
        string(scope, &component.regexp_string).into(),
        string_array(scope, &component.group_name_list).into(),
    ]
}

/// `matchInput(input, baseURL | undefined)` → the eight components of what is matched; undefined
/// where it is no URL, so that nothing matches; false where a base comes with an object.
fn match_input(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let input = input_arg(scope, &args, 0);
    let base = base_arg(scope, &args);
    match quirks::process_match_input(input, base.as_deref()) {
        Err(_) => result.set_bool(false),
        Ok(None) => {}
        Ok(Some((input, _))) => {
            let Some(parts) = quirks::parse_match_input(input) else {
                return;
            };
            let texts = [
                parts.protocol,
                parts.username,
                parts.password,
                parts.hostname,
                parts.port,
                parts.pathname,
                parts.search,
                parts.hash,
            ];
            result.set(string_array(scope, texts).into());
        }
    }
}
