//! A webhook of a custom allocation.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A webhook on this machine: its address, and the requests that it got, each head and body. It answers each with the
/// next of `answers`, a status and a body, after `pause`; then it is gone.
pub fn webhook(answers: Vec<(u16, String)>, pause: Duration) -> (String, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://localhost:{}/api/allocate?code=secret", listener.local_addr().unwrap().port());
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for (status, answer) in answers {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(stream.read_line(&mut head).unwrap(), 0);
            }
            let lower = head.to_ascii_lowercase();
            let length = lower.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            stream.read_exact(&mut body).unwrap();
            sender.send((lower, serde_json::from_slice(&body).unwrap())).unwrap();
            std::thread::sleep(pause);
            let length = answer.len();
            let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}");
            // The emulator may have given up.
            let _ = stream.get_mut().write_all(text.as_bytes());
        }
    });
    (url, requests)
}
