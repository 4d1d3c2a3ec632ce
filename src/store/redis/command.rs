//! Commands and replies, without a connection.

use std::fmt;

use crate::record::{Bounds, NotJson, TooLarge};

/// The target of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The node of the key, which is the argument with this index.
    Key(usize),
    /// One of the nodes in the reply to [`Command::masters`], by its index.
    Node(String),
    /// No server: the sender of commands replies with the names of all nodes that own keys.
    Masters,
}

/// A command: its name and arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Its target.
    pub target: Target,
    /// Whether it may be repeated if it is unknown whether it was executed.
    pub repeatable: bool,
    /// How many replicas have to confirm it before it is answered.
    pub replicas: u32,
}

impl Command {
    /// Makes a command about one key, which is the argument with the index `place` (0: the command's name).
    #[must_use]
    pub fn about_key(place: usize, args: &[&str]) -> Self {
        Self::new(Target::Key(place), args)
    }

    /// Makes a command for one node.
    #[must_use]
    pub fn to_node(node: &str, args: &[&str]) -> Self {
        Self::new(Target::Node(node.to_owned()), args)
    }

    /// Asks the sender of commands for the nodes.
    #[must_use]
    pub fn masters() -> Self {
        Self::new(Target::Masters, &[])
    }

    fn new(target: Target, args: &[&str]) -> Self {
        let mut command = Self {
            bytes: Vec::with_capacity(args.iter().map(|arg| arg.len()).sum()),
            ends: Vec::with_capacity(args.len()),
            target,
            repeatable: true,
            replicas: 0,
        };
        for arg in args {
            command.push(arg);
        }
        command
    }

    /// Marks a command that must not be repeated if it is unknown whether it was executed.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.repeatable = false;
        self
    }

    /// Appends an argument.
    pub fn push(&mut self, arg: &str) {
        self.bytes.extend_from_slice(arg.as_bytes());
        self.ends.push(self.bytes.len());
    }

    /// Returns the name and the arguments.
    pub fn args(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(self.ends.iter().copied())
            .map(|(start, end)| self.bytes.get(start..end).unwrap_or_default())
    }

    /// Returns the number of arguments, including the name.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether it has no arguments, not even a name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the key, if it has one.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        match self.target {
            Target::Key(place) => self.args().nth(place),
            Target::Node(_) | Target::Masters => None,
        }
    }
}

/// A server's reply, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Null.
    Nil,
    /// A number.
    Int(i64),
    /// Bytes, also of a status.
    Text(Vec<u8>),
    /// A list; for a map, its keys and values in turn.
    List(Vec<Reply>),
    /// The first word of an error reply: `NOSCRIPT`.
    Error(String),
    /// There is no reply.
    Failed(Failure),
    /// The reply to a write that too few replicas have confirmed in time, and how many have.
    Short(Box<Reply>, u32),
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There was no reply in time. It may have been executed.
    Timeout,
    /// The connection broke after it was sent. It may have been executed.
    Lost,
    /// No server could be reached. It was not executed.
    Unreachable,
    /// The server refuses the user, the password or the command.
    Denied,
    /// TLS failed, for example since the certificate is not trusted.
    Tls,
    /// The server does not match the options.
    Options,
    /// The store was closed.
    Closed,
    /// The server replied with an error, whose first word this is.
    Server(String),
    /// A record or reply has an unexpected form.
    Unreadable,
    /// The caller passed invalid JSON.
    Input,
    /// The session would exceed its limits.
    Size(Bounds),
    /// The index of subjects was lost again while it was rebuilt.
    Index,
    /// Fewer replicas than required have confirmed the write.
    Replicas {
        /// How many are required.
        wanted: u32,
        /// How many have confirmed it.
        acknowledged: u32,
    },
}

impl Failure {
    /// Returns its name, for programs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Lost => "lost",
            Self::Unreachable => "unreachable",
            Self::Denied => "denied",
            Self::Tls => "tls",
            Self::Options => "options",
            Self::Closed => "closed",
            Self::Server(_) => "server",
            Self::Unreadable => "unreadable",
            Self::Input => "input",
            Self::Size(_) => "size",
            Self::Index => "index",
            Self::Replicas { .. } => "replicas",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Self::Server(code) => write!(f, " {code}"),
            Self::Size(Bounds { keys, bytes }) => write!(f, " {keys} {bytes}"),
            Self::Replicas {
                wanted,
                acknowledged,
            } => write!(f, " {wanted} {acknowledged}"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<NotJson> for Failure {
    fn from(_: NotJson) -> Self {
        Self::Input
    }
}

impl From<TooLarge> for Failure {
    fn from(TooLarge(size): TooLarge) -> Self {
        Self::Size(size)
    }
}

impl Reply {
    /// Returns the reply, unless there is none or it is an error.
    ///
    /// # Errors
    ///
    /// The reason why there is none, or the server's error.
    pub fn checked(self) -> Result<Self, Failure> {
        match self {
            Self::Failed(failure) => Err(failure),
            Self::Error(code) if matches!(&*code, "NOAUTH" | "WRONGPASS" | "NOPERM") => {
                Err(Failure::Denied)
            }
            Self::Error(code) => Err(Failure::Server(code)),
            reply => Ok(reply),
        }
    }

    /// Reads a text; a number too.
    ///
    /// # Errors
    ///
    /// If it is neither.
    pub fn text(self) -> Result<String, Failure> {
        match self {
            Self::Text(bytes) => String::from_utf8(bytes).map_err(|_| Failure::Unreadable),
            Self::Int(number) => Ok(number.to_string()),
            _ => Err(Failure::Unreadable),
        }
    }

    /// Reads a text that may be missing.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn optional_text(self) -> Result<Option<String>, Failure> {
        match self {
            Self::Nil => Ok(None),
            reply => reply.text().map(Some),
        }
    }

    /// Reads a list of exactly `N` texts, each of which may be missing.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn texts<const N: usize>(self) -> Result<[Option<String>; N], Failure> {
        let texts = self.list()?.into_iter().map(Self::optional_text);
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        texts.try_into().map_err(|_| Failure::Unreadable)
    }

    /// Reads a number.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn int(&self) -> Result<i64, Failure> {
        match self {
            Self::Int(number) => Ok(*number),
            Self::Text(bytes) => std::str::from_utf8(bytes)
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or(Failure::Unreadable),
            _ => Err(Failure::Unreadable),
        }
    }

    /// Reads a list. Null is an empty one.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn list(self) -> Result<Vec<Reply>, Failure> {
        match self {
            Self::List(replies) => Ok(replies),
            Self::Nil => Ok(Vec::new()),
            _ => Err(Failure::Unreadable),
        }
    }
}
