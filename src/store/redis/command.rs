//! What is sent to a server, and what comes back: as bytes, without a connection.

use std::fmt;

use crate::record::{Bounds, NotJson, TooLarge};

/// Where a command goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To the node that has the key, which is the argument of this number.
    Key(usize),
    /// To this one of the nodes that answered [`Command::masters`].
    Node(String),
    /// Nowhere: whoever sends commands answers it with the names of all nodes that own keys.
    Masters,
}

/// A command: its name and arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Where it goes.
    pub target: Target,
    /// Whether sending it once more does no harm if nobody knows whether it was carried out.
    pub repeatable: bool,
    /// How many replicas have to have what it writes before it is answered.
    pub replicas: u32,
}

impl Command {
    /// Makes a command about one key, which is the argument of number `place` (0: the command's name).
    #[must_use]
    pub fn about_key(place: usize, args: &[&str]) -> Self {
        Self::new(Target::Key(place), args)
    }

    /// Makes a command for one node.
    #[must_use]
    pub fn to_node(node: &str, args: &[&str]) -> Self {
        Self::new(Target::Node(node.to_owned()), args)
    }

    /// Asks whoever sends for the nodes.
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

    /// Marks a command that must not be sent once more when nobody knows whether it was carried out.
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

    /// Returns the number of arguments, the name among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Tells a command without even a name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the key, if it is about one.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        match self.target {
            Target::Key(place) => self.args().nth(place),
            Target::Node(_) | Target::Masters => None,
        }
    }
}

/// What a server answered, or why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Nil,
    /// A number.
    Int(i64),
    /// Bytes; a status too.
    Text(Vec<u8>),
    /// Several; of a map, its keys and values in turn.
    List(Vec<Reply>),
    /// The first word of an error that the server told: `NOSCRIPT`.
    Error(String),
    /// There is none.
    Failed(Failure),
    /// An answer to what was carried out, and only so many replicas have in time: fewer than have to.
    Short(Box<Reply>, u32),
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There was no answer in time. It may have been carried out.
    Timeout,
    /// The connection broke after it was sent. It may have been carried out.
    Lost,
    /// No server could be reached. It was not carried out.
    Unreachable,
    /// The server does not know the user or the password, or does not let the user do this.
    Denied,
    /// There is no TLS with the server: its certificate is not trusted, for example.
    Tls,
    /// The server is not what the options say.
    Options,
    /// The store was closed.
    Closed,
    /// The server told an error, whose first word this is.
    Server(String),
    /// What is stored or answered is not what it has to be.
    Unreadable,
    /// The caller passed text that is not what it has to be.
    Input,
    /// The session would be larger than it may be.
    Size(Bounds),
    /// The index of subjects was lost, and lost again while it was made anew.
    Index,
    /// Fewer replicas have what was written than have to.
    Replicas {
        /// How many have to.
        wanted: u32,
        /// How many have said so.
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
    /// Returns the answer, unless there is none or it is an error.
    ///
    /// # Errors
    ///
    /// Why there is none, or the server's error.
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

    /// Reads a list of exactly so many texts, each of which may be missing.
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

    /// Reads a list; nothing is an empty one.
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
