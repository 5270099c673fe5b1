//! Dates and etags as the service writes them.

use crate::emulator::base64;
use time::OffsetDateTime;
use time::macros::format_description;

/// Seconds since 1970.
pub(crate) fn unix_seconds() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// Now, as a record's date.
pub(crate) fn now() -> String {
    text(OffsetDateTime::now_utc())
}

/// With up to seven digits of a second, without trailing zeros.
pub(crate) fn text(moment: OffsetDateTime) -> String {
    let whole = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let date = moment.format(&whole).unwrap_or_default();
    let fraction = format!("{:07}", moment.nanosecond() / 100);
    match fraction.trim_end_matches('0') {
        "" => format!("{date}Z"),
        digits => format!("{date}.{digits}Z"),
    }
}

/// Now, as resource manager writes it.
pub(crate) fn http_now() -> String {
    http_text(OffsetDateTime::now_utc())
}

/// A date in the form of HTTP headers.
pub(crate) fn http_text(moment: OffsetDateTime) -> String {
    let form =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    moment.format(&form).unwrap_or_default()
}

/// A new etag: base64 of a quoted text in the form of a GUID.
pub(crate) fn etag() -> String {
    base64::encode(format!("\"{:08x}-0000-0800-0000-{:08x}0000\"", fastrand::u32(..), unix_seconds()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn zeros_at_the_end_of_a_fraction_are_left_out() {
        assert_eq!(text(datetime!(2023-05-19 23:10:52.109_279 UTC)), "2023-05-19T23:10:52.109279Z");
        assert_eq!(text(datetime!(2023-05-19 23:10:27.171_886_499 UTC)), "2023-05-19T23:10:27.1718864Z");
        assert_eq!(text(datetime!(2023-05-19 23:10:43 UTC)), "2023-05-19T23:10:43Z");
    }

    #[test]
    fn a_date_of_resource_manager_is_that_of_a_header() {
        assert_eq!(http_text(datetime!(2026-01-02 03:04:05 UTC)), "Fri, 02 Jan 2026 03:04:05 GMT");
    }

    #[test]
    fn an_etag_has_the_form_of_a_recorded_one() {
        let recorded = base64::decode("IjBhMDBiNzQyLTAwMDAtMDgwMC0wMDAwLTY0NjgwMWY1MDAwMCI=").unwrap();
        let made = base64::decode(etag()).unwrap();
        let shape =
            |text: Vec<u8>| String::from_utf8(text).unwrap().replace(|letter: char| letter.is_ascii_hexdigit(), "0");
        assert_eq!(shape(made), shape(recorded));
        assert_ne!(etag(), etag());
    }
}
