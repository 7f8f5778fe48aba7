//! The names that a `CommonJS` module seems to export, for those that import it as an ECMAScript
//! module. Found without running it, by the patterns that programs and compilers write; the
//! patterns are those of Node's documentation of cjs-module-lexer.

mod scanner;

use std::borrow::Cow;

use scanner::Scanner;

/// What a text tells of its exports.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exports {
    /// In the order of their first appearance, each once.
    pub names: Vec<String>,
    /// Requests whose exports are exported too.
    pub reexports: Vec<String>,
}

/// Scans `text`, which need not be free of errors.
#[must_use]
pub fn scan(text: &str) -> Exports {
    let mut finder = Finder {
        at: Scanner::new(text),
        exports: Exports::default(),
        whole: None,
        required: Vec::new(),
    };
    while let Some(word) = finder.at.next_word() {
        finder.word(word);
    }
    finder.finish()
}

struct Finder<'a> {
    at: Scanner<'a>,
    exports: Exports,
    /// The request of the last `module.exports = require(...)`: the earlier ones are overwritten.
    whole: Option<String>,
    /// `var name = require(request)`.
    required: Vec<(&'a str, Cow<'a, str>)>,
}

impl<'a> Finder<'a> {
    fn finish(self) -> Exports {
        let mut exports = self.exports;
        exports.reexports.extend(self.whole);
        exports
    }

    fn add(&mut self, name: &str) {
        if !self.exports.names.iter().any(|known| known == name) {
            self.exports.names.push(name.to_owned());
        }
    }

    fn word(&mut self, word: &'a str) {
        match word {
            "exports" => self.after_exports(false),
            "module" if self.at.try_tokens(&[".", "exports"]) => self.after_exports(true),
            "Object" => {
                self.object_call();
            }
            "var" | "let" | "const" => {
                self.declaration();
            }
            "__exportStar" | "__export" => {
                self.export_star();
            }
            _ => {}
        }
    }

    /// Behind `exports` or `module.exports`.
    fn after_exports(&mut self, of_module: bool) {
        let start = self.at.position();
        let name = if self.at.try_tokens(&["."]) {
            self.at.identifier().map(Cow::Borrowed)
        } else if self.at.try_tokens(&["["]) {
            let name = self.at.string();
            if self.at.try_tokens(&["]"]) {
                name
            } else {
                None
            }
        } else {
            if of_module && self.at.assignment() {
                self.whole_assignment();
            }
            return;
        };
        match name {
            Some(name) if self.at.assignment() => self.add(&name),
            // No assignment: what was looked at may hold more.
            _ => self.at.back_to(start),
        }
    }

    /// Behind `module.exports =`.
    fn whole_assignment(&mut self) {
        let start = self.at.position();
        if self.at.try_tokens(&["{"]) {
            self.literal();
            self.at.back_to(start);
        } else if let Some(request) = self.require_call() {
            self.whole = Some(request.into_owned());
        } else {
            self.at.back_to(start);
        }
    }

    /// Behind `module.exports = {`: properties up to the first that is not a plain name, a name
    /// with a name as its value, or a spread.
    fn literal(&mut self) {
        loop {
            if self.at.try_tokens(&["..."]) {
                if let Some(request) = self.require_call() {
                    self.exports.reexports.push(request.into_owned());
                } else if self.at.identifier().is_none() {
                    return;
                }
            } else if let Some(name) = self.at.identifier() {
                if self.at.try_tokens(&[":"]) {
                    if self.at.identifier().is_none() {
                        return;
                    }
                    self.add(name);
                    if !self.at.try_tokens(&[","]) {
                        return;
                    }
                    continue;
                }
                // `get name() {}`: the word is not the property.
                let start = self.at.position();
                if self.at.identifier().is_some() {
                    self.at.back_to(start);
                    return;
                }
                self.add(name);
            } else if let Some(name) = self.at.string() {
                if !self.at.try_tokens(&[":"]) || self.at.identifier().is_none() {
                    return;
                }
                self.add(&name);
            } else {
                return;
            }
            if !self.at.try_tokens(&[","]) {
                return;
            }
        }
    }

    /// `require('x')`, from here on.
    fn require_call(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at.position();
        let request = if self.at.try_tokens(&["require", "("]) {
            self.at.string().filter(|_| self.at.try_tokens(&[")"]))
        } else {
            None
        };
        if request.is_none() {
            self.at.back_to(start);
        }
        request
    }

    /// Behind `var`: `name = require('x')`, also inside a compiler's helper.
    fn declaration(&mut self) -> Option<()> {
        let start = self.at.position();
        let name = self.at.identifier();
        if !self.at.assignment() {
            self.at.back_to(start);
            return None;
        }
        let value = self.at.position();
        let request = self.require_call().or_else(|| {
            // `_interopRequireWildcard(require('x'))`
            self.at.identifier();
            self.at.try_tokens(&["("]);
            self.require_call()
        });
        self.at.back_to(value);
        self.required.push((name?, request?));
        Some(())
    }

    /// Behind `__exportStar`, with or without the name that it is a property of.
    fn export_star(&mut self) -> Option<()> {
        self.at.try_tokens(&[")"]);
        if !self.at.try_tokens(&["("]) {
            return None;
        }
        let request = self.require_call()?;
        self.exports.reexports.push(request.into_owned());
        Some(())
    }

    /// Behind `Object`.
    fn object_call(&mut self) -> Option<()> {
        let start = self.at.position();
        if self.at.try_tokens(&[".", "defineProperty", "("]) {
            let name = self.defined_property();
            self.at.back_to(start);
            self.add(&name?);
        } else if self.at.try_tokens(&[".", "keys", "("]) {
            let request = self.copied_keys();
            self.at.back_to(start);
            self.exports.reexports.push(request?);
        }
        Some(())
    }

    /// Behind `Object.defineProperty(`: `exports, 'name', { enumerable: true, value: ...` or with a
    /// getter that returns a name or a member of one.
    fn defined_property(&mut self) -> Option<Cow<'a, str>> {
        let at = &mut self.at;
        if !at.try_tokens(&["exports", ","]) && !at.try_tokens(&["module", ".", "exports", ","]) {
            return None;
        }
        let name = at.string()?;
        let plain = at.try_tokens(&[",", "{"]);
        at.try_tokens(&["enumerable", ":", "true", ","]);
        if !plain || at.try_tokens(&["value", ":"]) {
            return plain.then_some(name);
        }
        if !at.try_tokens(&["get"]) {
            return None;
        }
        if at.try_tokens(&[":", "function"]) {
            at.identifier();
        }
        if !at.try_tokens(&["(", ")", "{", "return"]) {
            return None;
        }
        at.identifier()?;
        if at.try_tokens(&["."]) {
            at.identifier()?;
        } else if at.try_tokens(&["["]) {
            at.string()?;
            at.try_tokens(&["]"]);
        }
        at.try_tokens(&[";"]);
        let closed = at.try_tokens(&["}"]);
        at.try_tokens(&[","]);
        (closed && at.try_tokens(&["}", ")"])).then_some(name)
    }

    /// Behind `Object.keys(`: Babel's copy of another module's exports, `x).forEach(function (k) {`
    /// with `exports[k] = x[k]` or a getter that returns `x[k]`.
    fn copied_keys(&mut self) -> Option<String> {
        /// Bytes; the longest that Babel writes is some 350.
        const LONGEST_BODY: usize = 600;
        let name = self.at.identifier()?;
        if !self
            .at
            .try_tokens(&[")", ".", "forEach", "(", "function", "("])
        {
            return None;
        }
        let key = self.at.identifier()?;
        if !self.at.try_tokens(&[")", "{"]) {
            return None;
        }
        let body = self.at.rest(LONGEST_BODY);
        let value = format!("{name}[{key}]");
        let assigned = format!("exports[{key}] = {value}");
        let returned = format!("return {value}");
        if !body.contains(&assigned) && !body.contains(&returned) {
            return None;
        }
        let (_, request) = self
            .required
            .iter()
            .rev()
            .find(|(known, _)| *known == name)?;
        Some(request.clone().into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> String {
        scan(text).names.join(" ")
    }

    fn reexports(text: &str) -> String {
        scan(text).reexports.join(" ")
    }

    #[test]
    fn assignments_to_members() {
        assert_eq!(
            names("exports.a = 1; exports['b-c'] = 2; module.exports.d = 3"),
            "a b-c d"
        );
        assert_eq!(names("exports.a = exports.b = void 0;"), "a b");
        assert_eq!(
            names("module . exports\n.a = 1; exports/*x*/./*y*/b/*z*/ = 1"),
            "a b"
        );
        assert_eq!(
            names("if (0) { exports.a = 1 } function f() { exports.b = 2 } x => exports.c = 1"),
            "a b c"
        );
        assert_eq!(
            names("exports.\u{fc}n\u{ef} = 1; exports.$_1 = 2"),
            "\u{fc}n\u{ef} $_1"
        );
    }

    #[test]
    fn what_is_no_assignment_or_not_to_exports() {
        assert_eq!(
            names("exports.a.b = 1; exports.d; exports.e == 1; exports.f === 1; exports.g => 1"),
            ""
        );
        assert_eq!(
            names("foo.exports.a = 1; fooexports.b = 1; $exports.c = 1; exports.d += 1"),
            ""
        );
        assert_eq!(
            names("\"exports.c = 1\"; 'exports.d=1'; // exports.e=1\n/* exports.f=1 */"),
            ""
        );
    }

    #[test]
    fn regular_expressions_and_templates_are_told_from_code() {
        assert_eq!(
            names("var x = a => /exports.b=1/.test(a); var y = 4 / 2; exports.c = 1 / 2"),
            "c"
        );
        assert_eq!(names("if (y) /exports.d='/.test(z); exports.e = 1"), "e");
        assert_eq!(
            names("x = /[/'\"]/; exports.a = 1; y = (1) / 2; exports.b = '/'"),
            "a b"
        );
        assert_eq!(
            names("let s = `a${`b${exports.q = 1}'`}c`; exports.r = 1"),
            "q r"
        );
        assert_eq!(
            names("let s = `exports.q = 1`; function f() {} /'/.test(s); exports.r = 1"),
            "r"
        );
    }

    #[test]
    fn object_literals() {
        assert_eq!(names("module.exports = { a, b: c, 'd': e, f }"), "a b d f");
        assert_eq!(names("module.exports = { a, ...d, b: 1, c }"), "a");
        assert_eq!(names("module.exports = { a: 1, b }"), "");
        assert_eq!(
            names("module.exports = { get, set, async }"),
            "get set async"
        );
        assert_eq!(names("module.exports = { get a() {}, b }"), "");
        assert_eq!(names("0 && (module.exports = { a, b, c })"), "a b c");
        assert_eq!(
            names("module.exports = { a, b } ; module.exports.c = 1"),
            "a b c"
        );
        assert_eq!(reexports("module.exports = { a, ...require('x'), b }"), "x");
    }

    #[test]
    fn defined_properties() {
        assert_eq!(
            names("Object.defineProperty(exports, '__esModule', { value: true })"),
            "__esModule"
        );
        assert_eq!(
            names(
                "Object.defineProperty(exports,'a',{enumerable:true,get:function(){return q.b;}})"
            ),
            "a"
        );
        assert_eq!(
            names("Object.defineProperty(module.exports, 'a', { get() { return q['b'] } })"),
            "a"
        );
        assert_eq!(
            names(
                "Object.defineProperty(exports,'a',{enumerable:true,get:function z(){return q}})"
            ),
            "a"
        );
        assert_eq!(
            names("Object.defineProperty(exports,'a',{get(){return 1}})"),
            ""
        );
        assert_eq!(
            names("Object.defineProperty(exports,'a',{enumerable:false,value:1})"),
            ""
        );
        assert_eq!(
            names("Object.defineProperty(exports,'a',{enumerable:true,get:()=>q.b})"),
            ""
        );
    }

    #[test]
    fn reexported_modules() {
        assert_eq!(
            reexports("module.exports = require('a'); module.exports = require('b')"),
            "b"
        );
        assert_eq!(
            reexports("__exportStar(require('a'), exports); __exportStar(require(\"b\"), exports)"),
            "a b"
        );
        assert_eq!(reexports("__export(require('a'))"), "a");
        assert_eq!(
            reexports(
                "(0, tslib_1.__exportStar)(require('a'), exports); t.__exportStar(require('b'))"
            ),
            "a b"
        );
        assert_eq!(
            reexports(
                "var _u = require('./u');\nObject.keys(_u).forEach(function (key) {\n\
                 if (key === \"default\") return;\nObject.defineProperty(exports, key, {\n\
                 enumerable: true,\nget: function () {\nreturn _u[key];\n}\n});\n});"
            ),
            "./u"
        );
        assert_eq!(
            reexports(
                "var _u = _interop(require('./u')); Object.keys(_u).forEach(function (k) { exports[k] = _u[k]; })"
            ),
            "./u"
        );
    }

    #[test]
    fn text_that_ends_early() {
        for text in [
            "exports.a = `${",
            "/* exports",
            "exports['",
            "module.exports = {",
            "x = /[",
            "Object.keys(a",
            "'\\",
            "`\\",
            "/\\",
        ] {
            let _ = scan(text);
        }
    }
}
