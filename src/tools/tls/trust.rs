//! Whom the target trusts: the CA certificates among its own files.

use crate::error::{Error, Result};
use crate::output::{Text, quote};
use crate::view::{Root, View};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{PemObject, SectionKind};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Bundles in the order in which Go's crypto/x509 looks for them, which are those of the distributions.
const BUNDLES: [&str; 7] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/lib/ssl/cert.pem",
];

const DIRECTORIES: [&str; 3] =
    ["/etc/ssl/certs", "/etc/pki/tls/certs", "/system/etc/security/cacerts"];

/// The largest file of certificates; Mozilla's whole list has 220 kB.
const FILE_LIMIT: u64 = 4 << 20;
/// The most certificates that are held.
const CERTIFICATES: usize = 4096;
/// The most files of a directory that are read.
const FILES: usize = 1024;
/// The most bytes of all files of directories.
const TOTAL: usize = 16 << 20;

/// The CA certificates of the target, and where they were looked for.
#[derive(Debug)]
pub(in crate::tools) struct Trust {
    pub(super) roots: RootCertStore,
    pub(super) certificates: Vec<CertificateDer<'static>>,
    /// The files and directories that had certificates.
    pub(in crate::tools) from: Vec<PathBuf>,
    /// All that were looked at.
    looked_at: Vec<PathBuf>,
    /// Why nothing could be read at all.
    missing: Option<String>,
}

impl Trust {
    /// The CAs of `cacert` alone where it is given; otherwise those that the target's programs find.
    pub(in crate::tools) fn of(view: &View, cacert: Option<&Path>) -> Result<Trust> {
        let mut trust = Trust {
            roots: RootCertStore::empty(),
            certificates: Vec::new(),
            from: Vec::new(),
            looked_at: Vec::new(),
            missing: None,
        };
        if let Some(path) = cacert {
            let root = view.root()?;
            trust.add(path, &root.read(path, FILE_LIMIT)?);
            if trust.roots.is_empty() {
                return Err(Error::new(format!("{}: no CA certificate in it", quote(path)))
                    .hint("CA certificates are given as PEM: BEGIN CERTIFICATE"));
            }
            return Ok(trust);
        }
        match view.root() {
            Ok(root) => trust.search(root, view),
            Err(error) => trust.missing = Some(error.to_string()),
        }
        Ok(trust)
    }

    /// How many CAs there are.
    pub(in crate::tools) fn len(&self) -> usize {
        self.roots.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Where the CAs are from, as text.
    pub(super) fn sources(&self) -> Vec<Text> {
        self.from.iter().map(|path| Text::from(path.as_os_str().as_bytes())).collect()
    }

    /// Why there are no CAs, and what that means to the program inside.
    pub(super) fn why_empty(&self) -> String {
        if let Some(why) = &self.missing {
            return format!("which CAs the target trusts is not known: {why}");
        }
        let paths: Vec<String> = self.looked_at.iter().map(quote).collect();
        format!(
            "the target has no CA certificates (looked at {}): its own programs can verify no server either, unless \
             they bring a list of CAs with them",
            paths.join(", ")
        )
    }

    /// Files first, and directories where the files have nothing, unless the environment names one.
    fn search(&mut self, root: &Root, view: &View) {
        let named = |name: &str| view.variable(name).filter(|value| !value.is_empty());
        let files = named("SSL_CERT_FILE")
            .map_or_else(|| BUNDLES.map(PathBuf::from).to_vec(), |file| vec![path(&file)]);
        for file in files {
            let bytes = root.read(&file, FILE_LIMIT);
            self.looked_at.push(file.clone());
            if bytes.is_ok_and(|bytes| self.add(&file, &bytes)) {
                break;
            }
        }
        let directories = named("SSL_CERT_DIR");
        if directories.is_none() && !self.is_empty() {
            return;
        }
        let directories = directories.map_or_else(
            || DIRECTORIES.map(PathBuf::from).to_vec(),
            |list| list.split(|b| *b == b':').filter(|d| !d.is_empty()).map(path).collect(),
        );
        for directory in directories {
            self.add_directory(root, &directory);
            self.looked_at.push(directory);
        }
    }

    /// The certificates of every file of a directory. What is no PEM is passed over.
    fn add_directory(&mut self, root: &Root, directory: &Path) {
        let Ok(entries) = root.open_dir(directory).and_then(|dir| dir.entries()) else { return };
        let (before, mut read) = (self.certificates.len(), 0usize);
        for entry in entries.take(FILES).flatten() {
            let file = directory.join(OsStr::from_bytes(entry.name.to_bytes()));
            let Ok(bytes) = root.read(&file, FILE_LIMIT) else { continue };
            read = read.saturating_add(bytes.len());
            if read > TOTAL {
                break;
            }
            self.take(&bytes);
        }
        if self.certificates.len() > before {
            self.from.push(directory.to_owned());
        }
    }

    /// Whether there was a certificate in the file.
    fn add(&mut self, path: &Path, bytes: &[u8]) -> bool {
        let had = self.take(bytes);
        if had {
            self.from.push(path.to_owned());
        }
        had
    }

    fn take(&mut self, bytes: &[u8]) -> bool {
        let mut had = false;
        for certificate in certificates(bytes) {
            // Directories hold each certificate under several names.
            if self.certificates.len() >= CERTIFICATES || self.certificates.contains(&certificate) {
                continue;
            }
            if self.roots.add(certificate.clone()).is_ok() {
                self.certificates.push(certificate);
                had = true;
            }
        }
        had
    }
}

/// The certificates of a PEM file; what else is in it, private keys above all, is passed over.
pub(super) fn certificates(bytes: &[u8]) -> Vec<CertificateDer<'static>> {
    <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes)
        .filter_map(Result::ok)
        .filter(|(kind, _)| *kind == SectionKind::Certificate)
        .map(|(_, der)| CertificateDer::from(der))
        .take(CERTIFICATES)
        .collect()
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}
