//! The `Set-Cookie` lines of a protected session.

use crate::header::{self, CookieTemplate};

/// `Set-Cookie` lines, separated by line feeds.
pub struct Lines<'t> {
    template: &'t CookieTemplate,
    expires: Option<&'t str>,
    secure: bool,
    pub text: String,
}

impl<'t> Lines<'t> {
    /// Reserves memory for values of this length in all, and for the attributes of about two lines.
    pub fn new(
        template: &'t CookieTemplate,
        expires: Option<&'t str>,
        secure: bool,
        length: usize,
    ) -> Self {
        Self {
            template,
            expires,
            secure,
            text: String::with_capacity(length + 256),
        }
    }

    pub fn add(&mut self, suffix: &str, value: &[&str]) {
        self.separate();
        self.template
            .write_suffixed(&mut self.text, suffix, value, self.expires, self.secure);
    }

    pub fn expire(&mut self, suffixes: Vec<String>) {
        if suffixes.is_empty() {
            return;
        }
        let epoch = header::http_date(0.0);
        for suffix in suffixes {
            self.separate();
            self.template.write_suffixed(
                &mut self.text,
                &suffix,
                &[],
                epoch.as_deref(),
                self.secure,
            );
        }
    }

    fn separate(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }
}
