//! Bodies: small ones stand in the database, larger ones in a file of their own, on the disk before anybody is told.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio_util::io::ReaderStream;

use crate::error::{Error, of_file};

/// Larger ones get a file.
pub(crate) const INLINE: usize = 64 << 10;

/// A body that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    Inline(Bytes),
    /// In a file; its length.
    File(u64),
}

/// Which body of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Request,
    Result,
}

/// Why a body could not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    /// Over the bound.
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    /// Whoever sends it stopped.
    #[error("the body ended early: {0}")]
    Cut(String),
    #[error(transparent)]
    Store(Error),
}

/// The folder of the files.
#[derive(Debug, Clone)]
pub(crate) struct Bodies {
    folder: Arc<Path>,
}

impl Kept {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Kept::Inline(bytes) => bytes.len() as u64,
            Kept::File(len) => *len,
        }
    }
}

impl Bodies {
    pub(crate) fn new(folder: PathBuf) -> Bodies {
        Bodies { folder: folder.into() }
    }

    /// Takes a body off the wire, at most `most` bytes of it. Once it returns, a file is on the disk with its name.
    ///
    /// # Errors
    /// [`SpoolError`]; no file is left then.
    pub(crate) async fn spool(&self, id: &str, of: Of, body: Body, most: u64) -> Result<Kept, SpoolError> {
        let mut stream = body.into_data_stream();
        let mut head = Vec::new();
        let mut file: Option<Unfinished> = None;
        let mut len = 0u64;
        while let Some(data) = stream.next().await {
            let data = data.map_err(|error| SpoolError::Cut(error.to_string()))?;
            len += data.len() as u64;
            if len > most {
                return Err(SpoolError::TooLarge(most));
            }
            match &mut file {
                None if head.len() + data.len() <= INLINE => head.extend_from_slice(&data),
                None => {
                    let mut begun = Unfinished::begin(self.path(id, of)).map_err(SpoolError::Store)?;
                    begun.write(std::mem::take(&mut head).into()).await.map_err(SpoolError::Store)?;
                    begun.write(data).await.map_err(SpoolError::Store)?;
                    file = Some(begun);
                }
                Some(file) => file.write(data).await.map_err(SpoolError::Store)?,
            }
        }
        match file {
            None => Ok(Kept::Inline(head.into())),
            Some(file) => {
                file.finish(self.folder.clone()).await.map_err(SpoolError::Store)?;
                Ok(Kept::File(len))
            }
        }
    }

    /// Keeps a body that is in memory already; see [`Bodies::spool`].
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::File`].
    pub(crate) async fn keep(&self, id: &str, of: Of, body: Bytes) -> Result<Kept, Error> {
        if body.len() <= INLINE {
            return Ok(Kept::Inline(body));
        }
        let len = body.len() as u64;
        let mut file = Unfinished::begin(self.path(id, of))?;
        file.write(body).await?;
        file.finish(self.folder.clone()).await?;
        Ok(Kept::File(len))
    }

    /// A kept body to send.
    ///
    /// # Errors
    /// [`Error::File`]: it can't be opened.
    pub(crate) async fn body(&self, id: &str, of: Of, kept: &Kept) -> Result<Body, Error> {
        match kept {
            Kept::Inline(bytes) => Ok(Body::from(bytes.clone())),
            Kept::File(_) => {
                let path = self.path(id, of);
                let file = tokio::fs::File::open(&path).await.map_err(|error| of_file(&path, error))?;
                Ok(Body::from_stream(ReaderStream::with_capacity(file, INLINE)))
            }
        }
    }

    /// The first `most` bytes of a kept body.
    ///
    /// # Errors
    /// [`Error::File`]: it can't be read.
    pub(crate) fn first(&self, id: &str, of: Of, kept: &Kept, most: usize) -> Result<Vec<u8>, Error> {
        match kept {
            Kept::Inline(bytes) => Ok(bytes[..bytes.len().min(most)].to_vec()),
            Kept::File(_) => {
                let path = self.path(id, of);
                let failed = |error| of_file(&path, error);
                let mut bytes = Vec::new();
                File::open(&path)
                    .map_err(failed)?
                    .take(most as u64)
                    .read_to_end(&mut bytes)
                    .map_err(failed)?;
                Ok(bytes)
            }
        }
    }

    /// The SHA-256 of a kept body.
    ///
    /// # Errors
    /// [`Error::File`]: it can't be read.
    pub(crate) async fn digest(&self, id: &str, of: Of, kept: &Kept) -> Result<[u8; 32], Error> {
        if let Kept::Inline(bytes) = kept {
            return Ok(Sha256::digest(bytes).into());
        }
        let path = self.path(id, of);
        let task = tokio::task::spawn_blocking(move || {
            let failed = |error| of_file(&path, error);
            let mut hash = Sha256::new();
            io::copy(&mut File::open(&path).map_err(failed)?, &mut hash).map_err(failed)?;
            Ok(hash.finalize().into())
        });
        task.await.map_err(|_| Error::Closed)?
    }

    /// Removes a job's files, those that there are.
    pub(crate) fn forget(&self, id: &str) {
        self.forget_one(id, Of::Request);
        self.forget_one(id, Of::Result);
    }

    pub(crate) fn forget_one(&self, id: &str, of: Of) {
        self.remove(&name(id, of));
    }

    /// Removes a file. One that can't be removed is found again, and tried again, at the next start.
    pub(crate) fn remove(&self, name: &str) {
        let _ = std::fs::remove_file(self.folder.join(name));
    }

    /// All files: the id of the job, and the name.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub(crate) fn list(&self) -> Result<Vec<(String, String)>, Error> {
        let failed = |source| Error::Folder { path: self.folder.to_path_buf(), source: Arc::new(source) };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            if let Some((id, _)) = name.split_once('.') {
                names.push((id.to_owned(), name));
            }
        }
        Ok(names)
    }

    fn path(&self, id: &str, of: Of) -> PathBuf {
        self.folder.join(name(id, of))
    }
}

/// The name of a body's file.
pub(crate) fn name(id: &str, of: Of) -> String {
    let kind = match of {
        Of::Request => "request",
        Of::Result => "result",
    };
    format!("{id}.{kind}")
}

/// A file that is taken away again unless it is finished.
struct Unfinished {
    path: PathBuf,
    /// `None` while a thread writes to it.
    file: Option<File>,
    finished: bool,
}

impl Unfinished {
    fn begin(path: PathBuf) -> Result<Unfinished, Error> {
        let file = File::create(&path).map_err(|error| of_file(&path, error))?;
        Ok(Unfinished { path, file: Some(file), finished: false })
    }

    async fn write(&mut self, data: Bytes) -> Result<(), Error> {
        self.off_thread(move |file| file.write_all(&data)).await
    }

    /// Brings the file to the disk, and its name: a file without its folder's entry is lost all the same.
    async fn finish(mut self, folder: Arc<Path>) -> Result<(), Error> {
        self.off_thread(move |file| {
            file.sync_all()?;
            File::open(folder)?.sync_all()
        })
        .await?;
        self.finished = true;
        Ok(())
    }

    /// Disks are waited for outside the threads that serve others.
    async fn off_thread(
        &mut self,
        work: impl FnOnce(&mut File) -> io::Result<()> + Send + 'static,
    ) -> Result<(), Error> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let worked = tokio::task::spawn_blocking(move || {
            let worked = work(&mut file);
            (file, worked)
        });
        let (file, worked) = worked.await.map_err(|error| of_file(&self.path, io::Error::other(error)))?;
        self.file = Some(file);
        worked.map_err(|error| of_file(&self.path, error))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
