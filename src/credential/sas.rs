//! Shared access policies: connection strings and the signatures made from them.

use crate::error::{Error, Result};
use crate::events::Events;
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// How long a signature is valid: long enough for a skewed clock and the usual retries of one request.
const LIFETIME: Duration = Duration::from_secs(20 * 60);

const NOT_UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A policy's name and one of its keys.
#[derive(Clone, Debug)]
pub struct SharedAccessKey {
    name: String,
    key: SecretString,
}

impl SharedAccessKey {
    /// A key in base64; `parameter` is the request's member that it came from.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`] if it is not base64.
    pub fn new(name: String, key: SecretString, parameter: &str) -> Result<Self> {
        match BASE64_STANDARD.decode(key.expose_secret()).map(Zeroizing::new) {
            Ok(bytes) if !bytes.is_empty() => Ok(Self { name, key }),
            _ => Err(Error::argument(parameter, "The SharedAccessKey of the connection string is not base64.")),
        }
    }

    /// The `Authorization` header for `host`, signed for the next 20 minutes.
    pub fn authorization(&self, host: &str, events: &Events) -> SecretString {
        self.authorization_for(&host.to_lowercase(), events)
    }

    /// The `Authorization` header for a resource that is not a host, such as a device's registration; as for
    /// [`Self::authorization`], but in the letters that the resource is written in.
    pub fn authorization_for(&self, resource: &str, events: &Events) -> SecretString {
        events.hide(&self.key);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.sign(resource, (now + LIFETIME).as_secs())
    }

    fn sign(&self, resource: &str, expiry: u64) -> SecretString {
        let encode = |text: &str| utf8_percent_encode(text, NOT_UNRESERVED).to_string();
        let resource = encode(resource);
        let signature = encode(sign(&self.key, &format!("{resource}\n{expiry}")).expose_secret());
        format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn={}", encode(&self.name)).into()
    }
}

/// base64 of the HMAC-SHA256 of `text` under a key in base64: the signature of a token, and the way in which a device's
/// key is derived from its group's.
pub fn sign(key: &SecretString, text: &str) -> SecretString {
    let key = Zeroizing::new(BASE64_STANDARD.decode(key.expose_secret()).unwrap_or_default());
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { unreachable!("HMAC takes a key of any length") };
    mac.update(text.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes()).into()
}

/// `HostName=…;SharedAccessKeyName=…;SharedAccessKey=…`, as the portal and `az` give it.
#[derive(Clone, Debug)]
pub struct ConnectionString {
    /// The service's host name, with a port where there is one.
    pub host_name: String,
    /// The policy's key.
    pub key: SharedAccessKey,
}

impl ConnectionString {
    /// Formats a connection string.
    pub fn format(host_name: &str, policy_name: &str, key: &SecretString) -> String {
        format!("HostName={host_name};SharedAccessKeyName={policy_name};SharedAccessKey={}", key.expose_secret())
    }

    /// Reads a connection string. Names of parts are compared without case, each part is split at its first `=`.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidArgument`] that names what is missing, and never shows the text.
    pub fn parse(text: &SecretString) -> Result<Self> {
        let refuse = |why: &str| {
            let form = "HostName=…;SharedAccessKeyName=…;SharedAccessKey=…";
            Error::argument("connectionString", format!("The connection string {why}; its form is '{form}'."))
        };
        let part = |name: &str| {
            let pairs = text.expose_secret().split(';').filter_map(|pair| pair.split_once('='));
            let mut found =
                pairs.filter(|(key, value)| key.trim().eq_ignore_ascii_case(name) && !value.trim().is_empty());
            found.next().map(|(_, value)| value.trim()).ok_or_else(|| refuse(&format!("has no {name}")))
        };
        let host_name = part("HostName")?.to_owned();
        if !is_host_name(&host_name) {
            return Err(refuse("has a HostName that is not a host name"));
        }
        let other = other_host(&host_name);
        if !other.is_empty() {
            let message = format!("The connection string is for {host_name}.{other}");
            return Err(Error::argument("connectionString", message));
        }
        let key = part("SharedAccessKey").map(SecretString::from)?;
        let key = SharedAccessKey::new(part("SharedAccessKeyName")?.to_owned(), key, "connectionString")?;
        Ok(Self { host_name, key })
    }
}

/// Whether `text` is a host name by RFC 1123 or an IP address (IPv6 in brackets), with or without a port.
pub fn is_host_name(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    if port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()) || port.parse::<u16>().unwrap_or(0) == 0)
    {
        return false;
    }
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        let inside = |character: char| character.is_ascii_alphanumeric() || character == '-';
        (1..=63).contains(&label.len()) && label.chars().all(inside) && !label.starts_with('-') && !label.ends_with('-')
    };
    // A name that ends in a number is read as an address.
    let is_numeric = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if is_numeric { host.parse::<Ipv4Addr>().is_ok() } else { host.len() <= 253 && host.split('.').all(label) }
}

/// What a host name belongs to, if it is not a provisioning service, as a sentence that begins with a space.
pub fn other_host(host_name: &str) -> &'static str {
    let host_name = host_name.to_ascii_lowercase();
    if host_name.contains(".azure-devices.") {
        " It is an IoT hub; what is wanted is a provisioning service, such as 'mydps.azure-devices-provisioning.net'."
    } else if host_name.starts_with("global.azure-devices-provisioning.") {
        " It is the address that devices use; a service's own is its service operations host name, such as 'mydps.azure-devices-provisioning.net'."
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_over_the_encoded_host_and_the_expiry() {
        // Checked with: printf 'mydps.azure-devices-provisioning.net\n1700000000' | openssl dgst -sha256 -hmac secret -binary | base64
        let key = SharedAccessKey::new("owner".into(), BASE64_STANDARD.encode("secret").into(), "key").unwrap();
        assert_eq!(
            key.sign("mydps.azure-devices-provisioning.net", 1_700_000_000).expose_secret(),
            "SharedAccessSignature sr=mydps.azure-devices-provisioning.net&sig=6RZEB8%2F6tDHXlCGyBkRoa2GwPiW8tyKYJ0Kg%2Fbs%2FOT8%3D&se=1700000000&skn=owner"
        );
        assert!(key.sign("localhost:8443", 1).expose_secret().contains("sr=localhost%3A8443&"));
    }

    #[test]
    fn a_device_key_is_derived_as_the_documentation_shows() {
        let key = "8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw==".into();
        let derived = sign(&key, "sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6");
        assert_eq!(derived.expose_secret(), "Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=");
    }

    #[test]
    fn a_connection_string_is_formatted_as_it_is_parsed() {
        let text = ConnectionString::format("d.example", "owner", &"QUJDREVGR0g=".into());
        assert_eq!(text, "HostName=d.example;SharedAccessKeyName=owner;SharedAccessKey=QUJDREVGR0g=");
        let parsed = ConnectionString::parse(&text.into()).unwrap();
        assert_eq!((parsed.host_name.as_str(), parsed.key.name.as_str()), ("d.example", "owner"));
    }

    #[test]
    fn a_connection_string_is_split_at_the_first_equals_sign() {
        let text = "sharedaccesskey=QUJDREVGR0g=;HostName=d.example:8443; SharedAccessKeyName=p=q".into();
        let parsed = ConnectionString::parse(&text).unwrap();
        assert_eq!((parsed.host_name.as_str(), parsed.key.name.as_str()), ("d.example:8443", "p=q"));
        assert_eq!(parsed.key.key.expose_secret(), "QUJDREVGR0g=");
    }

    #[test]
    fn an_incomplete_connection_string_names_what_is_missing_and_shows_nothing() {
        for (text, missing) in [
            ("SharedAccessKeyName=p;SharedAccessKey=QUJDREVG", "no HostName"),
            ("HostName=d;SharedAccessKey=QUJDREVG", "no SharedAccessKeyName"),
            ("HostName=d;SharedAccessKeyName=p;SharedAccessKey=", "no SharedAccessKey"),
            ("HostName=d/x;SharedAccessKeyName=p;SharedAccessKey=QUJDREVG", "not a host name"),
            ("HostName=d;SharedAccessKeyName=p;SharedAccessKey=QUJ*REVG", "not base64"),
            ("", "no HostName"),
        ] {
            let refused = ConnectionString::parse(&text.into()).unwrap_err();
            assert_eq!(refused.parameter(), Some("connectionString"));
            assert!(refused.message().contains(missing) && !refused.message().contains("QUJ"), "{refused}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        let longest = format!("{}.net", ["a".repeat(63).as_str(); 3].join("."));
        for host in
            ["h", "my-dps.azure-devices-provisioning.net", "1a.b", "10.0.0.1:443", "[::1]", "[::1]:8443", &longest]
        {
            assert!(is_host_name(host), "{host}");
        }
        let too_long = "a".repeat(64);
        for host in [
            "",
            ".",
            "a..b",
            "-a",
            "a-",
            "a_b",
            "a b",
            "a;b",
            "a=b",
            "a:",
            "a:0",
            "a:65536",
            "a:+1",
            "a:b",
            ":1",
            "::1",
            "[::1",
            "[a]",
            "1.2.3",
            "256.1.1.1",
            "a/b",
            "a@b",
            "ä",
            "a\n",
            "HostName=h;SharedAccessKey=k",
            &too_long,
        ] {
            assert!(!is_host_name(host), "{host}");
        }
    }

    #[test]
    fn the_connection_string_of_something_else_is_told_as_such() {
        for (host, says) in [
            ("myhub.azure-devices.net", "It is an IoT hub"),
            ("MYHUB.azure-devices.CN", "It is an IoT hub"),
            ("global.azure-devices-provisioning.net", "the address that devices use"),
        ] {
            let text = format!("HostName={host};SharedAccessKeyName=p;SharedAccessKey=QUJDREVG");
            let refused = ConnectionString::parse(&text.into()).unwrap_err();
            assert!(refused.message().contains(says) && refused.message().contains(host), "{refused}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let text = "HostName=d;SharedAccessKeyName=p;SharedAccessKey=QUJDREVG".into();
        assert!(!format!("{:?}", ConnectionString::parse(&text).unwrap()).contains("QUJDREVG"));
    }
}
