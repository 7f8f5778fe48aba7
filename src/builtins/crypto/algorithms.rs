//! Hash functions by the names that OpenSSL gives them.

use digest::{DynDigest, ExtendableOutput, KeyInit, Update, XofReader};
use hmac::SimpleHmac;
use hmac::digest::FixedOutput;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Blake2b512,
    Blake2s256,
    Md5,
    Ripemd160,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512To224,
    Sha512To256,
    Sha3To224,
    Sha3To256,
    Sha3To384,
    Sha3To512,
    Shake128,
    Shake256,
}

/// Names as OpenSSL lists them, and what they mean. Those that it lists for signatures with RSA mean
/// the hash function alone.
const NAMES: &[(&str, Algorithm)] = &[
    ("RSA-MD5", Algorithm::Md5),
    ("RSA-RIPEMD160", Algorithm::Ripemd160),
    ("RSA-SHA1", Algorithm::Sha1),
    ("RSA-SHA1-2", Algorithm::Sha1),
    ("RSA-SHA224", Algorithm::Sha224),
    ("RSA-SHA256", Algorithm::Sha256),
    ("RSA-SHA3-224", Algorithm::Sha3To224),
    ("RSA-SHA3-256", Algorithm::Sha3To256),
    ("RSA-SHA3-384", Algorithm::Sha3To384),
    ("RSA-SHA3-512", Algorithm::Sha3To512),
    ("RSA-SHA384", Algorithm::Sha384),
    ("RSA-SHA512", Algorithm::Sha512),
    ("RSA-SHA512/224", Algorithm::Sha512To224),
    ("RSA-SHA512/256", Algorithm::Sha512To256),
    ("blake2b512", Algorithm::Blake2b512),
    ("blake2s256", Algorithm::Blake2s256),
    ("id-rsassa-pkcs1-v1_5-with-sha3-224", Algorithm::Sha3To224),
    ("id-rsassa-pkcs1-v1_5-with-sha3-256", Algorithm::Sha3To256),
    ("id-rsassa-pkcs1-v1_5-with-sha3-384", Algorithm::Sha3To384),
    ("id-rsassa-pkcs1-v1_5-with-sha3-512", Algorithm::Sha3To512),
    ("md5", Algorithm::Md5),
    ("md5WithRSAEncryption", Algorithm::Md5),
    ("ripemd", Algorithm::Ripemd160),
    ("ripemd160", Algorithm::Ripemd160),
    ("ripemd160WithRSA", Algorithm::Ripemd160),
    ("rmd160", Algorithm::Ripemd160),
    ("sha1", Algorithm::Sha1),
    ("sha1WithRSAEncryption", Algorithm::Sha1),
    ("sha224", Algorithm::Sha224),
    ("sha224WithRSAEncryption", Algorithm::Sha224),
    ("sha256", Algorithm::Sha256),
    ("sha256WithRSAEncryption", Algorithm::Sha256),
    ("sha3-224", Algorithm::Sha3To224),
    ("sha3-256", Algorithm::Sha3To256),
    ("sha3-384", Algorithm::Sha3To384),
    ("sha3-512", Algorithm::Sha3To512),
    ("sha384", Algorithm::Sha384),
    ("sha384WithRSAEncryption", Algorithm::Sha384),
    ("sha512", Algorithm::Sha512),
    ("sha512-224", Algorithm::Sha512To224),
    ("sha512-224WithRSAEncryption", Algorithm::Sha512To224),
    ("sha512-256", Algorithm::Sha512To256),
    ("sha512-256WithRSAEncryption", Algorithm::Sha512To256),
    ("sha512WithRSAEncryption", Algorithm::Sha512),
    ("shake128", Algorithm::Shake128),
    ("shake256", Algorithm::Shake256),
    ("ssl3-md5", Algorithm::Md5),
    ("ssl3-sha1", Algorithm::Sha1),
];

/// Names that are understood and not listed.
const OTHER_NAMES: &[(&str, Algorithm)] = &[
    ("blake2b-512", Algorithm::Blake2b512),
    ("blake2s-256", Algorithm::Blake2s256),
    ("ripemd-160", Algorithm::Ripemd160),
    ("sha-1", Algorithm::Sha1),
    ("sha-224", Algorithm::Sha224),
    ("sha-256", Algorithm::Sha256),
    ("sha-384", Algorithm::Sha384),
    ("sha-512", Algorithm::Sha512),
    ("sha-512/224", Algorithm::Sha512To224),
    ("sha-512/256", Algorithm::Sha512To256),
    ("sha2-224", Algorithm::Sha224),
    ("sha2-256", Algorithm::Sha256),
    ("sha2-384", Algorithm::Sha384),
    ("sha2-512", Algorithm::Sha512),
    ("sha2-512/224", Algorithm::Sha512To224),
    ("sha2-512/256", Algorithm::Sha512To256),
    ("sha512/224", Algorithm::Sha512To224),
    ("sha512/256", Algorithm::Sha512To256),
    ("shake-128", Algorithm::Shake128),
    ("shake-256", Algorithm::Shake256),
];

/// Runs the expression with the type of a hash function of fixed length; `None` for the others.
macro_rules! with_digest {
    ($algorithm:expr, $digest:ident => $body:expr) => {{
        macro_rules! of {
            ($type:ty) => {{
                type $digest = $type;
                Some($body)
            }};
        }
        match $algorithm {
            Algorithm::Blake2b512 => of!(blake2::Blake2b512),
            Algorithm::Blake2s256 => of!(blake2::Blake2s256),
            Algorithm::Md5 => of!(md5::Md5),
            Algorithm::Ripemd160 => of!(ripemd::Ripemd160),
            Algorithm::Sha1 => of!(sha1::Sha1),
            Algorithm::Sha224 => of!(sha2::Sha224),
            Algorithm::Sha256 => of!(sha2::Sha256),
            Algorithm::Sha384 => of!(sha2::Sha384),
            Algorithm::Sha512 => of!(sha2::Sha512),
            Algorithm::Sha512To224 => of!(sha2::Sha512_224),
            Algorithm::Sha512To256 => of!(sha2::Sha512_256),
            Algorithm::Sha3To224 => of!(sha3::Sha3_224),
            Algorithm::Sha3To256 => of!(sha3::Sha3_256),
            Algorithm::Sha3To384 => of!(sha3::Sha3_384),
            Algorithm::Sha3To512 => of!(sha3::Sha3_512),
            Algorithm::Shake128 | Algorithm::Shake256 => None,
        }
    }};
}

impl Algorithm {
    /// The function of this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .chain(OTHER_NAMES)
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, algorithm)| *algorithm)
    }

    /// All names as `crypto.getHashes()` gives them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// PBKDF2 with HMAC; `None` where the function has no fixed length.
    pub fn pbkdf2(
        self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        length: usize,
    ) -> Option<Vec<u8>> {
        let mut key = vec![0; length];
        with_digest!(self, D => {
            // HMAC takes keys of any length.
            let _ = pbkdf2::pbkdf2::<SimpleHmac<D>>(password, salt, iterations, &mut key);
        })?;
        Some(key)
    }

    /// HKDF; `None` where the function has no fixed length, or cannot give that much.
    pub fn hkdf(self, key: &[u8], salt: &[u8], info: &[u8], length: usize) -> Option<Vec<u8>> {
        let mut derived = vec![0; length];
        with_digest!(self, D => {
            hkdf::SimpleHkdf::<D>::new(Some(salt), key).expand(info, &mut derived).ok()
        })??;
        Some(derived)
    }

    /// Bytes that the function gives; for those of any length, what OpenSSL gives unasked.
    pub fn output_size(self) -> usize {
        match self {
            Self::Shake128 => 16,
            Self::Shake256 => 32,
            _ => Hashing::new(self).size(),
        }
    }
}

/// A hash, or HMAC, in progress.
#[derive(Clone)]
pub enum Hashing {
    Fixed(Box<dyn DynDigest>),
    Mac(Box<dyn Mac>),
    Shake128(sha3::Shake128),
    Shake256(sha3::Shake256),
}

/// HMAC over any hash function.
pub trait Mac {
    fn update(&mut self, data: &[u8]);
    fn finalize(self: Box<Self>) -> Vec<u8>;
    fn copy(&self) -> Box<dyn Mac>;
}

impl<M: Update + FixedOutput + Clone + 'static> Mac for M {
    fn update(&mut self, data: &[u8]) {
        Update::update(self, data);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        self.finalize_fixed().to_vec()
    }

    fn copy(&self) -> Box<dyn Mac> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Mac> {
    fn clone(&self) -> Self {
        (**self).copy()
    }
}

impl Hashing {
    /// Begins a hash.
    pub fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Shake128 => Self::Shake128(sha3::Shake128::default()),
            Algorithm::Shake256 => Self::Shake256(sha3::Shake256::default()),
            _ => with_digest!(algorithm, D => Self::Fixed(Box::new(D::default())))
                .expect("all others have a fixed length"),
        }
    }

    /// Begins an HMAC; `None` where the function has no fixed length.
    pub fn mac(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        let mac: Option<Box<dyn Mac>> = with_digest!(algorithm, D => {
            let mac = SimpleHmac::<D>::new_from_slice(key).ok()?;
            Box::new(mac) as Box<dyn Mac>
        });
        mac.map(Self::Mac)
    }

    pub fn update(&mut self, data: &[u8]) {
        match self {
            Self::Fixed(digest) => digest.update(data),
            Self::Mac(mac) => mac.update(data),
            Self::Shake128(shake) => shake.update(data),
            Self::Shake256(shake) => shake.update(data),
        }
    }

    /// Bytes of the result, where their number is fixed; else 0.
    pub fn size(&self) -> usize {
        match self {
            Self::Fixed(digest) => digest.output_size(),
            _ => 0,
        }
    }

    /// The result; `length` is for functions of any length.
    pub fn finish(self, length: usize) -> Vec<u8> {
        match self {
            Self::Fixed(digest) => digest.finalize().into_vec(),
            Self::Mac(mac) => mac.finalize(),
            Self::Shake128(shake) => read(shake.finalize_xof(), length),
            Self::Shake256(shake) => read(shake.finalize_xof(), length),
        }
    }
}

fn read(mut reader: impl XofReader, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    reader.read(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        data_encoding::HEXLOWER.encode(bytes)
    }

    /// `printf abc | openssl dgst -NAME`.
    #[test]
    fn hashes_are_openssls() {
        for (name, start) in [
            ("md5", "900150983cd24fb0"),
            ("RSA-SHA1", "a9993e364706816a"),
            ("SHA256", "ba7816bf8f01cfea"),
            ("sha512-256", "53048e2681941ef9"),
            ("sha3-256", "3a985da74fe225b2"),
            ("ripemd160", "8eb208f7e05d987a"),
            ("blake2b512", "ba80a53f981c4d0d"),
            ("shake128", "5881092dd818bf5c"),
        ] {
            let algorithm = Algorithm::named(name).expect(name);
            let mut hashing = Hashing::new(algorithm);
            hashing.update(b"a");
            hashing.update(b"bc");
            let digest = hex(&hashing.finish(algorithm.output_size()));
            assert!(digest.starts_with(start), "{name}: {digest}");
        }
    }

    #[test]
    fn every_listed_name_hashes() {
        for name in Algorithm::names() {
            let algorithm = Algorithm::named(name).expect(name);
            assert!(algorithm.output_size() > 0, "{name}");
        }
    }
}
