//! A fault of a server, as JavaScript gets it: a reason, the address, and the error of the system or the server.

use std::error::Error;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use koa_session_rs::store::redis::command::{Failure, Reply};
use redis::{ErrorKind, RedisError, Value};
use rustls::CertificateError;
use serde_json::{Map, Value as Json};

use crate::options::Server;

/// Error texts quote arguments after this; these may be secrets or data.
const ARGUMENTS: &str = ", with args";

/// Why there is no connection to a server, or no reply.
#[derive(Clone, Debug)]
pub struct Fault {
    pub failure: Failure,
    pub server: Option<Rc<Server>>,
    pub cause: Option<Cause>,
    /// Whether a sentinel named the server. Then it will name another one after a failover.
    pub is_named: bool,
}

/// The reported error.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Node.js's code, if it has one.
    pub code: Option<&'static str>,
    pub message: String,
}

impl Fault {
    pub fn new(failure: Failure, cause: Cause) -> Self {
        Self {
            failure,
            server: None,
            cause: Some(cause),
            is_named: false,
        }
    }

    /// Makes the fault of a server that does not answer in time.
    pub fn silence() -> Self {
        Self::new(
            Failure::Unreachable,
            Cause::coded("ETIMEDOUT", "the server does not answer"),
        )
    }

    /// Makes a fault without details.
    pub fn unknown() -> Self {
        Self {
            failure: Failure::Unreachable,
            server: None,
            cause: None,
            is_named: false,
        }
    }

    /// Converts an error of the system or of TLS.
    pub fn of_io(error: &io::Error) -> Self {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(tls) => Self::new(Failure::Tls, Cause::of_tls(tls)),
            None => Self::new(Failure::Unreachable, Cause::of_io(error)),
        }
    }

    /// Converts an error of the crate `redis`: of a connection, or of the login.
    pub fn of_redis(error: &RedisError) -> Self {
        if let Some(io) = io_error(error) {
            return Self::of_io(io);
        }
        let text = match (error.code(), error.detail()) {
            (Some(code), Some(detail)) => format!("{code} {detail}"),
            _ => error.to_string(),
        };
        match (error.kind(), error.code()) {
            (ErrorKind::Parse, _) => {
                let told = "it does not speak the protocol of Redis";
                Self::new(Failure::Options, Cause::coded("EPROTO", told))
            }
            (ErrorKind::RESP3NotSupported, _) => {
                Self::new(Failure::Server("HELLO".to_owned()), Cause::of_text(&text))
            }
            (_, Some(code)) => Self::new(of_code(code), Cause::of_text(&text)),
            (_, None) => Self::new(Failure::Unreachable, Cause::of_text(&text)),
        }
    }

    /// Converts an error reply.
    pub fn of_answer(answer: &Value) -> Option<Self> {
        let Value::ServerError(error) = answer else {
            return None;
        };
        let text = [error.code(), error.details().unwrap_or_default()].join(" ");
        Some(Self::new(of_code(error.code()), Cause::of_text(&text)))
    }

    /// Changes the reason to `options`, unless the server named a more specific one.
    pub fn or_options(mut self) -> Self {
        if self.failure == Failure::Server("ERR".to_owned()) {
            self.failure = Failure::Options;
        }
        self
    }

    /// Changes the reason.
    pub fn with_failure(mut self, failure: Failure) -> Self {
        self.failure = failure;
        self
    }

    pub fn at(mut self, server: &Rc<Server>) -> Self {
        self.server.get_or_insert_with(|| Rc::clone(server));
        self
    }

    /// Returns whether the fault is permanent, so that it has to be corrected by a person.
    pub fn is_final(&self) -> bool {
        match &self.failure {
            Failure::Denied | Failure::Tls | Failure::Options => true,
            Failure::Server(code) => code == "HELLO",
            _ => false,
        }
    }

    /// Returns whether the server replies, but executes nothing at present.
    pub fn is_unavailable(&self) -> bool {
        matches!(&self.failure, Failure::Server(code) if code == "LOADING" || code == "MASTERDOWN")
    }

    /// Returns whether the fault may come from only one side using TLS.
    pub fn may_be_tls(&self) -> bool {
        let code = self.cause.as_ref().and_then(|cause| cause.code);
        matches!(code, Some("ETIMEDOUT" | "ECONNRESET" | "EPIPE" | "EPROTO"))
    }

    /// Returns the more specific of two faults.
    pub fn more_specific(self: Rc<Self>, other: Rc<Self>) -> Rc<Self> {
        let weight = |fault: &Self| {
            let has_answered = fault.failure != Failure::Unreachable;
            (fault.is_named, fault.is_final(), has_answered)
        };
        if weight(&other) > weight(&self) {
            other
        } else {
            self
        }
    }

    /// Returns the address in a redirect, after a word and the slot.
    pub fn address(&self) -> Option<&str> {
        self.cause.as_ref()?.message.split(' ').nth(2)
    }

    /// Encodes the address and the reported error as JSON.
    pub fn details(&self) -> String {
        let mut details = Map::new();
        let mut put = |name: &str, value: Json| {
            details.insert(name.to_owned(), value);
        };
        match self.server.as_deref() {
            Some(Server::At { host, port }) => {
                put("host", host.as_str().into());
                put("port", (*port).into());
            }
            Some(Server::Socket(path)) => put("path", path.as_str().into()),
            None => {}
        }
        if let Some(Cause { code, message }) = &self.cause {
            put("message", message.as_str().into());
            if let Some(code) = code {
                put("code", (*code).into());
            }
        }
        Json::Object(details).to_string()
    }
}

/// Returns the failure for an error reply, by its first word.
fn of_code(code: &str) -> Failure {
    match code {
        "DENIED" => Failure::Denied,
        code => match Reply::Error(code.to_owned()).checked() {
            Err(failure) => failure,
            Ok(_) => Failure::Unreadable,
        },
    }
}

impl Cause {
    pub fn coded(code: &'static str, message: &str) -> Self {
        Self {
            code: Some(code),
            message: message.to_owned(),
        }
    }

    /// Returns a server's text without the arguments that it quotes.
    pub fn of_text(text: &str) -> Self {
        let end = text.find(ARGUMENTS).unwrap_or(text.len());
        Self {
            code: None,
            message: text.get(..end).unwrap_or_default().to_owned(),
        }
    }

    fn of_io(error: &io::Error) -> Self {
        Self {
            code: code_of(error.kind()),
            message: error.to_string(),
        }
    }

    fn of_tls(error: &rustls::Error) -> Self {
        use CertificateError as Wrong;
        let code = match error {
            rustls::Error::InvalidCertificate(wrong) => match wrong {
                Wrong::Expired | Wrong::ExpiredContext { .. } => "CERT_HAS_EXPIRED",
                Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => "CERT_NOT_YET_VALID",
                Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => {
                    "ERR_TLS_CERT_ALTNAME_INVALID"
                }
                Wrong::UnknownIssuer => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
                _ => "CERT_REJECTED",
            },
            _ => "EPROTO",
        };
        Self::coded(code, &error.to_string())
    }
}

/// Returns the system's name of an error, such as ECONNREFUSED.
fn code_of(kind: io::ErrorKind) -> Option<&'static str> {
    use io::ErrorKind as Kind;
    Some(match kind {
        Kind::ConnectionRefused => "ECONNREFUSED",
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::UnexpectedEof => "ECONNRESET",
        Kind::BrokenPipe => "EPIPE",
        Kind::TimedOut => "ETIMEDOUT",
        Kind::HostUnreachable => "EHOSTUNREACH",
        Kind::NetworkUnreachable => "ENETUNREACH",
        Kind::AddrNotAvailable => "EADDRNOTAVAIL",
        Kind::NotFound => "ENOENT",
        Kind::PermissionDenied => "EACCES",
        _ => return None,
    })
}

/// The form in which the crate keeps an error of the system.
type Shared = Arc<dyn Error + Send + Sync>;

fn io_error(error: &RedisError) -> Option<&io::Error> {
    error
        .source()?
        .downcast_ref::<Shared>()?
        .downcast_ref::<io::Error>()
}
