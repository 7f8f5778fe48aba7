//! `binding.zlib`: compressors and decompressors. A stream is a number to JavaScript and belongs to an
//! object of JavaScript's, with which it goes. V8 is told how much memory it has.
//!
//! What fails comes back as `[message, errno, code]`.

#![expect(
    unsafe_code,
    reason = "the codecs are libraries with C interfaces, and V8 tells of an object's end by one"
)]

mod brotli;
mod codec;
mod deflate;
mod memory;
mod owner;
mod zstd;

use std::cell::RefCell;
use std::rc::Rc;

use super::bytes::{view_arg, writable};
use super::fs::memory::{Pinned, Source};
use super::numbered::Numbered;
use super::{kept, method};
use crate::engine::{call_only, host, string};
use codec::{Codec, Failure, Io};
use owner::Owner;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "newZlib", new_zlib);
    method(scope, target, "newBrotli", new_brotli);
    method(scope, target, "newZstd", new_zstd);
    method(scope, target, "write", write);
    method(scope, target, "writeSync", write_sync);
    method(scope, target, "params", params);
    method(scope, target, "reset", reset);
    method(scope, target, "close", close);
    method(scope, target, "crc32", crc32);
}

/// A stream that JavaScript knows.
struct Stream {
    /// None while a thread of the pool works with it.
    codec: Option<Box<dyn Codec>>,
    /// Bytes that V8 was told of.
    told: i64,
    owner: Option<Owner>,
}

/// Those of an isolate, in one of its slots. Nothing is borrowed while V8 may collect garbage, which
/// takes streams out.
#[derive(Default)]
struct Streams(RefCell<Numbered<Stream>>);

impl Streams {
    fn of(isolate: &mut v8::Isolate) -> Rc<Self> {
        kept(isolate)
    }

    /// A new stream, which goes with `owner`.
    fn add(
        self: &Rc<Self>,
        scope: &mut Scope<'_, '_>,
        owner: v8::Local<v8::Object>,
        codec: Box<dyn Codec>,
    ) -> u32 {
        let id = self.0.borrow_mut().add(Stream {
            codec: None,
            told: 0,
            owner: None,
        });
        let owner = Owner::new(scope, owner, Rc::downgrade(self), id);
        if let Some(stream) = self.0.borrow_mut().get_mut(id) {
            stream.owner = Some(owner);
        }
        self.give_back(scope, id, codec);
        id
    }

    /// The codec of stream `id`, unless it is closed or at work.
    fn take(&self, id: u32) -> Option<Box<dyn Codec>> {
        self.0.borrow_mut().get_mut(id)?.codec.take()
    }

    /// Gives it back, and tells V8 of the memory that it has by now. A stream that was closed meanwhile
    /// ends here.
    fn give_back(&self, isolate: &mut v8::Isolate, id: u32, codec: Box<dyn Codec>) {
        let mut numbered = self.0.borrow_mut();
        let Some(stream) = numbered.get_mut(id) else {
            return;
        };
        let memory = i64::try_from(codec.memory()).unwrap_or(i64::MAX);
        let change = memory - stream.told;
        stream.told = memory;
        stream.codec = Some(codec);
        drop(numbered);
        if change != 0 {
            isolate.adjust_amount_of_external_allocated_memory(change);
        }
    }

    fn close(&self, isolate: &mut v8::Isolate, id: u32) {
        let stream = self.0.borrow_mut().take_out(id);
        let Some(stream) = stream else {
            return;
        };
        if let Some(owner) = stream.owner {
            owner.let_go();
        }
        if stream.told != 0 {
            isolate.adjust_amount_of_external_allocated_memory(-stream.told);
        }
    }
}

fn int_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> i32 {
    args.get(index).int32_value(scope).unwrap_or(0)
}

fn uint_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> u32 {
    args.get(index).uint32_value(scope).unwrap_or(0)
}

/// An offset or a length.
fn size_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> usize {
    let value = args.get(index).integer_value(scope).unwrap_or(0);
    usize::try_from(value).unwrap_or(0)
}

/// The bytes of a view, or none.
fn dictionary_arg(args: &Args<'_>, index: i32) -> Vec<u8> {
    match v8::Local::<v8::ArrayBufferView>::try_from(args.get(index)) {
        Ok(view) => writable(view).to_vec(),
        Err(_) => Vec::new(),
    }
}

/// Argument `index`: `[number, value, ...]`.
fn params_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> Vec<(i32, i32)> {
    let array: v8::Local<v8::Array> = args
        .get(index)
        .try_into()
        .expect("built-in JavaScript passes an array");
    let at = |index| {
        let value = array.get_index(scope, index)?;
        value.int32_value(scope)
    };
    (0..array.length() / 2)
        .filter_map(|pair| Some((at(2 * pair)?, at(2 * pair + 1)?)))
        .collect()
}

fn failure_to_js<'s>(scope: &mut Scope<'s, '_>, failure: &Failure) -> v8::Local<'s, v8::Value> {
    let parts = [
        string(scope, &failure.message).into(),
        v8::Integer::new(scope, failure.errno).into(),
        string(scope, &failure.code).into(),
    ];
    v8::Array::new_with_elements(scope, &parts).into()
}

/// Gives JavaScript the number of a new stream, which goes with argument 0, or what failed.
fn add(
    scope: &mut Scope<'_, '_>,
    args: &Args<'_>,
    result: &mut Ret<'_>,
    codec: Result<Box<dyn Codec>, Failure>,
) {
    let codec = match codec {
        Ok(codec) => codec,
        Err(failure) => return result.set(failure_to_js(scope, &failure)),
    };
    let owner: v8::Local<v8::Object> = args
        .get(0)
        .try_into()
        .expect("built-in JavaScript passes an object");
    let id = Streams::of(scope).add(scope, owner, codec);
    result.set_uint32(id);
}

/// `newZlib(owner, mode, windowBits, level, memLevel, strategy, dictionary, single)` → its number.
fn new_zlib(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let mode =
        deflate::Mode::of(uint_arg(scope, &args, 1)).expect("built-in JavaScript knows them");
    let options = deflate::Options {
        window_bits: int_arg(scope, &args, 2),
        level: int_arg(scope, &args, 3),
        mem_level: int_arg(scope, &args, 4),
        strategy: int_arg(scope, &args, 5),
        single: args.get(7).is_true(),
    };
    let zlib = deflate::Zlib::new(mode, options, dictionary_arg(&args, 6));
    add(scope, &args, &mut result, Ok(Box::new(zlib)));
}

/// `newBrotli(owner, encodes, params, dictionary)` → its number.
fn new_brotli(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let params = params_arg(scope, &args, 2)
        .into_iter()
        .map(|(number, value)| (number, value.cast_unsigned()))
        .collect();
    let dictionary = dictionary_arg(&args, 3);
    let codec = if args.get(1).is_true() {
        brotli::Encoder::new(params, dictionary).map(|codec| Box::new(codec) as Box<dyn Codec>)
    } else {
        brotli::Decoder::new(params, dictionary).map(|codec| Box::new(codec) as Box<dyn Codec>)
    };
    add(scope, &args, &mut result, codec);
}

/// `newZstd(owner, compresses, params, pledgedSrcSize, dictionary)` → its number.
fn new_zstd(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let params = params_arg(scope, &args, 2);
    let dictionary = dictionary_arg(&args, 4);
    let codec = if args.get(1).is_true() {
        let pledged = args.get(3);
        let pledged = pledged
            .is_number()
            .then(|| size_arg(scope, &args, 3) as u64);
        zstd::Compressor::new(&params, pledged, &dictionary)
            .map(|codec| Box::new(codec) as Box<dyn Codec>)
    } else {
        zstd::Decompressor::new(&params, &dictionary).map(|codec| Box::new(codec) as Box<dyn Codec>)
    };
    add(scope, &args, &mut result, codec);
}

/// What arguments 1 to 7 of a write are: `flush, input, inOffset, inLength, output, outOffset,
/// outLength`.
struct Write {
    flush: u32,
    input: Pinned,
    output: Pinned,
}

impl Write {
    fn of(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> Self {
        let input = size_arg(scope, args, 3)..size_arg(scope, args, 4);
        let output = size_arg(scope, args, 6)..size_arg(scope, args, 7);
        Self {
            flush: uint_arg(scope, args, 1),
            input: Pinned::new(view_arg(args, 2), input.start, input.end),
            output: Pinned::new(view_arg(args, 5), output.start, output.end),
        }
    }

    /// Does it. How much is left of the input and of the room, and what failed.
    fn run(&self, codec: &mut dyn Codec) -> (usize, usize, Result<(), Failure>) {
        // SAFETY: both are pinned while `self` is borrowed.
        let mut io = unsafe {
            Io::new(
                self.input.data(),
                self.input.length(),
                self.output.data(),
                self.output.length(),
            )
        };
        let result = codec.write(self.flush, &mut io);
        (io.input_left(), io.output_left(), result)
    }
}

/// Sets what argument `state` of a write is, a `Float64Array`: room left, input left.
#[expect(clippy::cast_precision_loss, reason = "no buffer has 2^53 bytes")]
fn tell_rest(state: v8::Local<v8::ArrayBufferView>, input_left: usize, output_left: usize) {
    let rest = [output_left as f64, input_left as f64];
    for (place, number) in writable(state).chunks_exact_mut(8).zip(rest) {
        place.copy_from_slice(&number.to_ne_bytes());
    }
}

/// `writeSync(stream, flush, input, inOffset, inLength, output, outOffset, outLength, state)`: sets
/// `state` to `[availOutAfter, availInAfter]`.
fn write_sync(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let id = uint_arg(scope, &args, 0);
    let streams = Streams::of(scope);
    let Some(mut codec) = streams.take(id) else {
        return;
    };
    let (input_left, output_left, done) = Write::of(scope, &args).run(codec.as_mut());
    streams.give_back(scope, id, codec);
    tell_rest(view_arg(&args, 8), input_left, output_left);
    if let Err(failure) = done {
        result.set(failure_to_js(scope, &failure));
    }
}

/// As `writeSync`, on the pool; then the callback, argument 9, gets what failed. It sees to its async
/// context itself.
fn write(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = uint_arg(scope, &args, 0);
    let streams = Streams::of(scope);
    let Some(mut codec) = streams.take(id) else {
        return;
    };
    let write = Write::of(scope, &args);
    let state = v8::Global::new(scope, view_arg(&args, 8));
    let callback: v8::Local<v8::Function> = args
        .get(9)
        .try_into()
        .expect("built-in JavaScript passes a function");
    let callback = v8::Global::new(scope, callback);
    let work = move || {
        let done = write.run(codec.as_mut());
        (codec, done)
    };
    let finish = move |scope: &mut Scope<'_, '_>, (codec, done): (Box<dyn Codec>, _)| {
        let (input_left, output_left, done): (usize, usize, Result<(), Failure>) = done;
        streams.give_back(scope, id, codec);
        tell_rest(v8::Local::new(scope, state), input_left, output_left);
        let failure = match done {
            Ok(()) => v8::undefined(scope).into(),
            Err(failure) => failure_to_js(scope, &failure),
        };
        let callback = v8::Local::new(scope, callback);
        call_only(scope, callback, &[failure]);
    };
    host(scope).event_loop.spawn_blocking(work, finish);
}

/// Has the codec of argument 0 do something that is quick.
fn with_codec(
    scope: &mut Scope<'_, '_>,
    args: &Args<'_>,
    result: &mut Ret<'_>,
    work: impl FnOnce(&mut dyn Codec) -> Result<(), Failure>,
) {
    let id = uint_arg(scope, args, 0);
    let streams = Streams::of(scope);
    let Some(mut codec) = streams.take(id) else {
        return;
    };
    let done = work(codec.as_mut());
    streams.give_back(scope, id, codec);
    if let Err(failure) = done {
        result.set(failure_to_js(scope, &failure));
    }
}

/// `params(stream, level, strategy)`.
fn params(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (level, strategy) = (int_arg(scope, &args, 1), int_arg(scope, &args, 2));
    with_codec(scope, &args, &mut result, |codec| {
        codec.params(level, strategy)
    });
}

/// `reset(stream)`.
fn reset(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    with_codec(scope, &args, &mut result, |codec| codec.reset());
}

/// `close(stream)`: frees it, or has it freed when what it is doing is done.
fn close(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let id = uint_arg(scope, &args, 0);
    Streams::of(scope).close(scope, id);
}

/// `crc32(data, start)`: of bytes, or of a text as UTF-8.
fn crc32(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let start = uint_arg(scope, &args, 1);
    let source = Source::from_js(scope, args.get(0));
    let (data, length) = source.span();
    // SAFETY: the source has that many bytes there.
    let sum = unsafe { libz_rs_sys::crc32_z(start.into(), data, length) };
    result.set_uint32(u32::try_from(sum).unwrap_or(0));
}
