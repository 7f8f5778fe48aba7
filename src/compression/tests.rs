use super::*;
use crate::sys::heap_probe::allocates;
use std::io;

/// What looks like a snapshot, more than any window.
fn text(length: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(length + 32);
    let mut state = 7_u64;
    while text.len() < length {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        text.extend_from_slice(format!("{},{},", state >> 54, text.len() / 9).as_bytes());
    }
    text.truncate(length);
    text
}

fn encode(encoder: &mut Encoder, text: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut out = |bytes: &[u8]| {
        packed.extend_from_slice(bytes);
        Ok::<(), Broken>(())
    };
    encoder.begin().unwrap();
    for piece in text.chunks(100_003) {
        encoder.write(piece, &mut out).unwrap();
    }
    encoder.finish(&mut out).unwrap();
    packed
}

/// What comes out before the end or a fault.
fn unpack(format: Format, mut packed: &[u8]) -> (Vec<u8>, Result<u64, Fault>) {
    let mut text = Vec::new();
    let result = decode(format, &mut packed, &mut |bytes| {
        text.extend_from_slice(bytes);
        Ok(())
    });
    (text, result)
}

#[test]
fn what_goes_in_comes_out() {
    for format in Format::ALL {
        let mut encoder = Encoder::new(format).unwrap();
        for length in [0, 1, 5_000_000, 70_000] {
            let text = text(length);
            let packed = encode(&mut encoder, &text);
            assert_eq!(Format::of(&packed), Some(format));
            let (unpacked, result) = unpack(format, &packed);
            assert_eq!(result.unwrap(), length as u64);
            assert!(unpacked == text, "{format:?}, {length} bytes");
            // As `cat` makes of two.
            let (unpacked, result) = unpack(format, &packed.repeat(2));
            assert_eq!(result.unwrap(), 2 * length as u64);
            assert!(unpacked == text.repeat(2));
        }
        // One that is given up leaves nothing in the next.
        encoder.begin().unwrap();
        encoder
            .write(&text(300_000), &mut |_| Ok::<(), Broken>(()))
            .unwrap();
        let packed = encode(&mut encoder, b"next");
        let (unpacked, result) = unpack(format, &packed);
        assert_eq!(unpacked, b"next", "{format:?}: {result:?} {packed:02x?}");
    }
}

#[test]
fn it_allocates_nothing_once_it_is_made() {
    let text = text(6_000_000);
    for format in Format::ALL {
        let mut encoder = Encoder::new(format).unwrap();
        let mut made = 0;
        let allocated = allocates(|| {
            for _ in 0..2 {
                let mut out = |bytes: &[u8]| {
                    made += bytes.len();
                    Ok::<(), Broken>(())
                };
                encoder.begin().unwrap();
                encoder.write(&text, &mut out).unwrap();
                encoder.finish(&mut out).unwrap();
            }
        });
        assert!(made > 1_000_000);
        assert!(!allocated, "{format:?}");
    }
}

#[test]
fn a_file_that_is_cut_off_says_where_and_gives_what_it_has() {
    let text = text(1_000_000);
    for format in Format::ALL {
        let packed = encode(&mut Encoder::new(format).unwrap(), &text);
        for cut in [1, 2, 5, 10, 100, packed.len() / 2, packed.len() - 1] {
            let (unpacked, result) = unpack(format, &packed[..cut]);
            assert!(
                matches!(result, Err(Fault::CutOff { at }) if at == cut as u64),
                "{format:?} cut at {cut}: {result:?}"
            );
            assert!(text.starts_with(&unpacked));
            // Blocks of 128 KB, but for what is in the last of them.
            let least = text.len() * cut / packed.len();
            assert!(unpacked.len() + (200 << 10) > least, "{}", unpacked.len());
        }
    }
}

#[test]
fn a_damaged_file_says_where() {
    let text = text(1_000_000);
    for format in Format::ALL {
        let packed = encode(&mut Encoder::new(format).unwrap(), &text);
        for place in [0, packed.len() / 2, packed.len() - 3] {
            let mut damaged = packed.clone();
            damaged[place] ^= 0x55;
            let (_, result) = unpack(format, &damaged);
            let Err(Fault::Damaged { at, reason }) = &result else {
                panic!("{format:?} at {place}: {result:?}");
            };
            assert!(!reason.is_empty());
            assert!(*at <= packed.len() as u64);
            eprintln!("{format:?} at {place}: {}", result.unwrap_err());
        }
        let mut followed = packed.clone();
        followed.extend_from_slice(b"something else");
        let (unpacked, result) = unpack(format, &followed);
        assert!(unpacked == text);
        let end = packed.len() as u64;
        assert!(
            matches!(result, Err(Fault::Damaged { at, .. }) if at >= end && at <= end + 4),
            "{result:?}"
        );
    }
}

#[test]
fn what_reads_and_writes_is_heard() {
    struct Bad;
    impl io::Read for Bad {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    let result = decode(Format::Gzip, &mut Bad, &mut |_| Ok(()));
    assert!(matches!(result, Err(Fault::Read(_))));
    let packed = encode(&mut Encoder::new(Format::Zstd).unwrap(), b"text");
    let result = decode(Format::Zstd, &mut &packed[..], &mut |_| {
        Err(io::ErrorKind::StorageFull.into())
    });
    assert!(matches!(result, Err(Fault::Write(_))));
}

#[test]
fn what_is_not_compressed_is_told_by_its_start() {
    for other in [
        b"".as_slice(),
        b"{",
        b"{\"snapshot\":",
        b"\x1f",
        b"PK\x03\x04",
    ] {
        assert_eq!(Format::of(other), None);
    }
}

#[test]
fn endings_go() {
    let without = |path: &str| Format::without_ending(Path::new(path));
    assert_eq!(without("a/b.c.gz"), Some("a/b.c".into()));
    assert_eq!(without("b.zst"), Some("b".into()));
    for path in ["b", "b.zip", "gz", ".gz", "a.gz/b"] {
        assert_eq!(without(path), None, "{path}");
    }
}
