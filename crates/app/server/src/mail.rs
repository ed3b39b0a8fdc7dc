//! Mail to subscribers, put into a maildir: this server sends none, but a mail reader can show what it would have sent.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bongsu_broker::Timestamp;
use tracing::info;

/// A mail.
pub(crate) struct Mail {
    /// Of this mail alone, and the same when it is put once more.
    pub(crate) id: u128,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) at: Timestamp,
}

/// Where mail is put: `new` of a maildir, or, without a directory, the log.
#[derive(Clone)]
pub(crate) struct Maildir(Arc<Place>);

struct Place {
    directory: Option<PathBuf>,
}

impl Maildir {
    /// In `mail` of the data directory.
    pub(crate) fn of(data: Option<&Path>) -> Maildir {
        Maildir(Arc::new(Place { directory: data.map(|data| data.join("mail")) }))
    }

    /// Puts a mail in, durably, and says where.
    pub(crate) async fn put(&self, mail: Mail) -> io::Result<String> {
        let place = self.0.clone();
        match tokio::task::spawn_blocking(move || place.put(&mail)).await {
            Ok(put) => put,
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

impl Place {
    fn put(&self, mail: &Mail) -> io::Result<String> {
        let Some(directory) = &self.directory else {
            info!(target: "mail", to = %mail.to, subject = %mail.subject, "{}", mail.body);
            return Ok("written to the log: this server sends no mail".to_owned());
        };
        for folder in ["tmp", "new", "cur"] {
            fs::create_dir_all(directory.join(folder))?;
        }
        // A process's number would not do: in a container each start has the same.
        let name = format!("{}.{:032x}.bongsu", mail.at, mail.id);
        let (unfinished, whole) = (directory.join("tmp").join(&name), directory.join("new").join(&name));
        let mut file = File::create(&unfinished)?;
        file.write_all(mail.text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, &whole)?;
        File::open(directory.join("new"))?.sync_all()?;
        Ok(format!("put into {}: this server sends no mail", whole.display()))
    }
}

impl Mail {
    /// As RFC 5322 has it, as far as a mail reader needs it.
    fn text(&self) -> String {
        let one_line = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
        format!(
            "From: no-reply@sns.amazonaws.com\r\nTo: {}\r\nSubject: {}\r\nX-Bongsu-Published-At: {}\r\nMIME-Version: \
             1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
            one_line(&self.to),
            one_line(&self.subject),
            self.at.iso_8601(),
            self.body,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(id: u128, subject: &str) -> Mail {
        Mail {
            id,
            to: "a@example.com".into(),
            subject: subject.into(),
            body: "Hello".into(),
            at: Timestamp(1_767_323_045_678),
        }
    }

    #[tokio::test]
    async fn a_mail_is_whole_in_new_and_nothing_is_left_in_tmp() {
        let data = tempfile::tempdir().unwrap();
        let maildir = Maildir::of(Some(data.path()));
        for (id, subject) in [(1, "one"), (2, "two")] {
            maildir.put(mail(id, subject)).await.unwrap();
        }
        let texts: Vec<String> = fs::read_dir(data.path().join("mail/new"))
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        assert_eq!(texts.len(), 2);
        assert!(texts.iter().all(|text| text.contains("To: a@example.com\r\n") && text.ends_with("\r\n\r\nHello\r\n")));
        assert_eq!(fs::read_dir(data.path().join("mail/tmp")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_mail_replaces_itself_and_no_other_also_after_a_restart() {
        let data = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(data.path().join("mail/new")).unwrap().count();
        // The first and the second process have the same number in a container.
        Maildir::of(Some(data.path())).put(mail(1, "one")).await.unwrap();
        Maildir::of(Some(data.path())).put(mail(2, "two")).await.unwrap();
        assert_eq!(names(), 2);
        Maildir::of(Some(data.path())).put(mail(2, "two")).await.unwrap();
        assert_eq!(names(), 2, "an attempt that is made again puts no second mail");
    }

    #[test]
    fn a_subject_cannot_bring_headers_of_its_own() {
        let text = mail(1, "Hi\r\nBcc: b@example.com").text();
        assert!(text.contains("\r\nSubject: HiBcc: b@example.com\r\n"), "{text}");
    }
}
