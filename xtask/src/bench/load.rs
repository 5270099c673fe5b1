//! A load generator: connections that stay, TLS, signed requests, no HTTP library in the way.

use crate::emulator::Emulator;
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sha2::Sha256;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where requests go and how they are signed.
#[derive(Clone)]
pub struct Target {
    host: String,
    authorization: String,
    tls: Arc<ClientConfig>,
}

impl Target {
    /// The data plane of `emulator`, with every right.
    pub fn new(emulator: &Emulator) -> Result<Self> {
        let text = emulator.ready("connectionString")?;
        let field = |name: &str| {
            let mut fields = text.split(';').filter_map(|field| field.split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value).context("the connection string is incomplete")
        };
        let (host, name, key) = (field("HostName")?, field("SharedAccessKeyName")?, field("SharedAccessKey")?);
        let expiry = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 24 * 3600;
        let resource = utf8_percent_encode(host, NON_ALPHANUMERIC);
        let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(key)?)?;
        mac.update(format!("{resource}\n{expiry}").as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let signature = utf8_percent_encode(&signature, NON_ALPHANUMERIC);
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(emulator.ready("caCertificate")?)?)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(Self {
            host: host.to_owned(),
            authorization: format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn={name}"),
            tls: Arc::new(tls.with_root_certificates(roots).with_no_client_auth()),
        })
    }

    /// The bytes of a signed request; `path` without its api-version.
    pub fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
        let Self { host, authorization, .. } = self;
        format!(
            "{method} {path}?api-version=2021-10-01 HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    pub fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(&self.host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(600)))?;
        let tls = ClientConnection::new(Arc::clone(&self.tls), "localhost".try_into()?)?;
        Ok(Connection { stream: StreamOwned::new(tls, stream), read: Vec::new() })
    }
}

pub struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
    read: Vec<u8>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub continuation: Option<String>,
    pub body: Vec<u8>,
}

impl Connection {
    pub fn send(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request)?;
        let head_end = loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            self.fill()?;
        };
        let head = std::str::from_utf8(&self.read[..head_end])?;
        let header = |name: &str| {
            let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
            lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
        };
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        let length: usize = header("content-length").map_or(Ok(0), |length| length.parse())?;
        let continuation = header("x-ms-continuation");
        let end = head_end + 4 + length;
        while self.read.len() < end {
            self.fill()?;
        }
        let body = self.read[head_end + 4..end].to_vec();
        self.read.drain(..end);
        Ok(Answer { status, continuation, body })
    }

    /// Sends a request that must succeed.
    pub fn succeed(&mut self, request: &[u8]) -> Result<Answer> {
        let answer = self.send(request)?;
        if !(200..300).contains(&answer.status) {
            bail!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(answer)
    }

    fn fill(&mut self) -> Result<()> {
        let mut part = [0; 16 * 1024];
        match self.stream.read(&mut part)? {
            0 => bail!("the connection was closed"),
            length => self.read.extend_from_slice(&part[..length]),
        }
        Ok(())
    }
}

/// What a load was like.
pub struct Measured {
    pub requests: u64,
    pub time: Duration,
    /// The time of the emulator's process on all cores.
    pub cpu: Option<Duration>,
    /// Of each request, sorted.
    latencies: Vec<Duration>,
}

impl Measured {
    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.time.as_secs_f64()
    }

    /// The latency that `part` of all requests (0 to 1) did not exceed.
    pub fn quantile(&self, part: f64) -> Duration {
        let place = (self.latencies.len() as f64 * part) as usize;
        self.latencies.get(place).or(self.latencies.last()).copied().unwrap_or_default()
    }
}

/// Sends the requests that `request` makes of the numbers from 0 to `count`, over `connections` at once, until that is done
/// or `stop` says so.
pub fn run(
    emulator: &Emulator,
    connections: usize,
    count: u64,
    request: impl Fn(&Target, u64) -> Vec<u8> + Sync,
    stop: impl Fn() -> bool + Sync,
) -> Result<Measured> {
    let target = Target::new(emulator)?;
    let open = (0..connections).map(|_| target.connect()).collect::<Result<Vec<_>>>()?;
    let next = AtomicU64::new(0);
    let (started, cpu) = (Instant::now(), emulator.cpu());
    let latencies = thread::scope(|threads| {
        let work = |mut connection: Connection| -> Result<Vec<Duration>> {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count || stop() {
                    return Ok(latencies);
                }
                let request = request(&target, number);
                let sent = Instant::now();
                connection.succeed(&request)?;
                latencies.push(sent.elapsed());
            }
        };
        let running: Vec<_> = open.into_iter().map(|connection| threads.spawn(move || work(connection))).collect();
        let mut all = Vec::new();
        for thread in running {
            all.extend(thread.join().map_err(|_| anyhow::anyhow!("a connection's thread panicked"))??);
        }
        Ok::<_, anyhow::Error>(all)
    });
    let (time, used) = (started.elapsed(), emulator.cpu());
    let mut latencies = latencies?;
    latencies.sort_unstable();
    let cpu = cpu.zip(used).map(|(before, after)| after - before);
    Ok(Measured { requests: latencies.len() as u64, time, cpu, latencies })
}
