//! Host names, resolved by the system. Its own resolver hides why a name could not be resolved; this one does not.

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};
use reqwest::dns::{Name, Resolve, Resolving};
use std::net::SocketAddr;
use std::{fmt, io};

/// A resolver that fails with [`NotResolved`].
#[derive(Debug)]
pub struct SystemResolver;

/// Why a name has no address.
#[derive(Debug)]
pub struct NotResolved {
    /// Whether the answer was that there is no such host. Otherwise there was no answer.
    pub is_unknown: bool,
    source: io::Error,
}

impl From<LookupError> for NotResolved {
    fn from(error: LookupError) -> Self {
        let is_unknown = matches!(error.kind(), LookupErrorKind::NoName | LookupErrorKind::NoData);
        Self { is_unknown, source: error.into() }
    }
}

impl fmt::Display for NotResolved {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(formatter)
    }
}

impl std::error::Error for NotResolved {}

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = tokio::task::spawn_blocking(move || look_up(name.as_str())).await??;
            Ok(Box::new(addresses.into_iter()) as _)
        })
    }
}

fn look_up(host: &str) -> Result<Vec<SocketAddr>, NotResolved> {
    let hints = AddrInfoHints { socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    let found = getaddrinfo(Some(host), None, Some(hints))?;
    found
        .map(|address| address.map(|address| address.sockaddr))
        .collect::<io::Result<_>>()
        .map_err(|source| NotResolved { is_unknown: false, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Outcome};
    use crate::events::Events;
    use crate::http::{Method, Request, Settings, Transport, tls};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A name server that answers that there is no such host, or not at all.
    struct Fails {
        is_unknown: bool,
        questions: Arc<AtomicU32>,
    }

    impl Resolve for Fails {
        fn resolve(&self, _: Name) -> Resolving {
            self.questions.fetch_add(1, Ordering::Relaxed);
            let failure = NotResolved { is_unknown: self.is_unknown, source: io::Error::other("as asked for") };
            Box::pin(async { Err(failure.into()) })
        }
    }

    #[tokio::test]
    async fn a_name_is_asked_for_again_unless_the_answer_was_that_there_is_none() {
        for (is_unknown, code, attempts) in [(true, Code::HostNotFound, 1), (false, Code::ConnectionFailed, 2)] {
            let questions = Arc::new(AtomicU32::new(0));
            let resolver = Arc::new(Fails { is_unknown, questions: questions.clone() });
            let transport = Transport::new(Settings { maximum_attempts: 2, ..Settings::default() });
            let builder = reqwest::Client::builder().no_proxy().dns_resolver(resolver);
            let client = builder.tls_backend_preconfigured(tls::only(Vec::new(), None).unwrap()).build().unwrap();
            transport.remote.set(client).unwrap();
            let (sender, _receiver) = tokio::sync::mpsc::unbounded_channel();
            let events = Events::new(sender, Arc::new(tokio::sync::Semaphore::new(1)), Arc::default());
            let mut request = Request::new(Method::PUT, "https://dps.example/".parse().unwrap());
            request.is_write = true;
            let error = transport.send(&request, &events).await.err().unwrap();
            assert_eq!((error.code(), error.attempts(), error.outcome()), (code, attempts, Outcome::NotApplied));
            assert_eq!(error.message().contains("There is no host"), is_unknown, "{error}");
            assert_eq!(questions.load(Ordering::Relaxed), attempts);
        }
    }

    #[test]
    fn only_two_answers_mean_that_there_is_no_such_host() {
        // The numbers of Linux.
        #[cfg(target_os = "linux")]
        for (number, is_unknown) in [(-2, true), (-5, true), (-3, false), (-4, false), (-11, false)] {
            assert_eq!(NotResolved::from(LookupError::new(number)).is_unknown, is_unknown, "{number}");
        }
    }

    #[test]
    fn this_machine_has_an_address() {
        assert!(look_up("localhost").unwrap().iter().all(|address| address.ip().is_loopback()));
    }
}
