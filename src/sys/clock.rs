//! Clocks, and the calendar date in local time without a lock or an allocation.
#![expect(unsafe_code, reason = "talks to libc")]

use std::fmt;

/// Nanoseconds of the monotonic clock, from an arbitrary origin.
#[must_use]
pub fn monotonic_ns() -> u64 {
    let time = read(libc::CLOCK_MONOTONIC);
    time.0.unsigned_abs() * 1_000_000_000 + u64::from(time.1)
}

/// Nanoseconds of processor time that the calling thread has used.
#[must_use]
pub fn thread_ns() -> u64 {
    let time = read(libc::CLOCK_THREAD_CPUTIME_ID);
    time.0.unsigned_abs() * 1_000_000_000 + u64::from(time.1)
}

/// The wall clock: seconds since 1970 UTC and nanoseconds.
#[must_use]
pub fn wall() -> (i64, u32) {
    read(libc::CLOCK_REALTIME)
}

fn read(clock: libc::clockid_t) -> (i64, u32) {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid place for one `timespec`.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    (time.tv_sec, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Waits, signals permitting.
pub fn sleep_ms(milliseconds: u32) {
    let time = libc::timespec {
        tv_sec: i64::from(milliseconds / 1000),
        tv_nsec: i64::from(milliseconds % 1000) * 1_000_000,
    };
    // SAFETY: `time` is valid; a null second argument is allowed.
    unsafe { libc::nanosleep(&raw const time, std::ptr::null_mut()) };
}

/// Seconds east of UTC, as the time zone has it now.
///
/// Reads the zone file and takes libc's time zone lock: for the start of the
/// process only. A change of daylight saving time later is not seen.
#[must_use]
pub fn local_offset_s() -> i64 {
    let (seconds, _) = wall();
    let mut parts = std::mem::MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are valid for their types.
    let done = unsafe { libc::localtime_r(&raw const seconds, parts.as_mut_ptr()) };
    if done.is_null() {
        return 0;
    }
    // SAFETY: all-zero bytes are a valid `tm`, and `localtime_r` has filled it.
    unsafe { parts.assume_init() }.tm_gmtoff
}

/// A date and time of day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Year, such as 2026.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: u32,
    /// Day of the month, 1 to 31.
    pub day: u32,
    /// Hour, 0 to 23.
    pub hour: u32,
    /// Minute, 0 to 59.
    pub minute: u32,
    /// Second, 0 to 59.
    pub second: u32,
}

impl Calendar {
    /// The date `seconds` after 1970-01-01T00:00:00.
    ///
    /// The day number is turned into a date by counting 400-year cycles of
    /// 146,097 days from a 1 March, so that the leap day comes last in its year.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        let days = seconds.div_euclid(86_400) + 719_468;
        let rest = to_u32(seconds.rem_euclid(86_400));
        let cycle = days.div_euclid(146_097);
        let day_of_cycle = days.rem_euclid(146_097);
        let year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524
            - day_of_cycle / 146_096)
            / 365;
        let day_of_year =
            day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        };
        Self {
            year: year_of_cycle + cycle * 400 + i64::from(month <= 2),
            month: to_u32(month),
            day: to_u32(day_of_year - (153 * shifted + 2) / 5 + 1),
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// Displays it as file names have it: `YYYYMMDD.HHMMSS`.
    #[must_use]
    pub fn compact(self) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            write!(
                f,
                "{:04}{:02}{:02}.{:02}{:02}{:02}",
                self.year, self.month, self.day, self.hour, self.minute, self.second
            )
        })
    }

    /// Displays it as Node's reports have it: `YYYY-MM-DDTHH:MM:SSZ` (which
    /// says UTC and means local time, there as here).
    #[must_use]
    pub fn iso(self) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            write!(
                f,
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                self.year, self.month, self.day, self.hour, self.minute, self.second
            )
        })
    }
}

fn to_u32(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let cases = [
            (0, "19700101.000000"),
            (951_782_400, "20000229.000000"),
            (951_868_800, "20000301.000000"),
            (1_709_251_199, "20240229.235959"),
            (4_107_542_399, "21000228.235959"),
            (4_107_542_400, "21000301.000000"),
            (-1, "19691231.235959"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(
                Calendar::from_seconds(seconds).compact().to_string(),
                expected
            );
        }
        assert_eq!(
            Calendar::from_seconds(1_795_383_532).iso().to_string(),
            "2026-11-22T21:38:52Z"
        );
    }

    #[test]
    fn the_offset_is_less_than_a_day() {
        assert!(local_offset_s().abs() < 86_400);
        assert!(monotonic_ns() > 0);
    }
}
