//! A copy of the database a day, for the day the database is damaged.

use std::path::{Path, PathBuf};

use naru_model::units::Timestamp;

use crate::Error;
use crate::store::State;

/// Copies kept, one a day.
const KEPT: usize = 3;

impl State {
    /// Copies the database to `backups/naru-YYYY-MM-DD.db` in the state folder unless that day's (UTC) copy is there, and
    /// lets go of all but the last three. Returns the new copy. Call it at the start and every hour or so.
    pub async fn back_up(&self, now: Timestamp) -> Result<Option<PathBuf>, Error> {
        let folder = self.folder.join("backups");
        let failed = |source| Error::Folder { path: folder.clone(), source };
        let copy = folder.join(format!("naru-{}.db", date(now)));
        if copy.exists() {
            return Ok(None);
        }
        std::fs::create_dir_all(&folder).map_err(failed)?;
        // Under another name until it is whole: a copy cut short is none.
        let unfinished = folder.join("unfinished");
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        sqlx::query("VACUUM INTO ?")
            .bind(unfinished.to_string_lossy().into_owned())
            .execute(&self.reader)
            .await
            .map_err(|error| self.failed(error))?;
        std::fs::rename(&unfinished, &copy).map_err(failed)?;
        let backups = list(&self.folder).map_err(failed)?;
        for old in &backups[..backups.len().saturating_sub(KEPT)] {
            std::fs::remove_file(old).map_err(failed)?;
        }
        Ok(Some(copy))
    }
}

/// The copies in a state folder, oldest first.
pub(crate) fn list(state_folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut copies = Vec::new();
    for entry in std::fs::read_dir(state_folder.join("backups"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "db") {
            copies.push(path);
        }
    }
    copies.sort();
    Ok(copies)
}

/// The day in UTC, `2026-11-21`.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>).
pub(crate) fn date(at: Timestamp) -> String {
    let days = at.0 / 86_400_000_000 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_day_in_utc() {
        let day = |seconds: u64| date(Timestamp(seconds * 1_000_000));
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(951_782_399), "2000-02-28");
        assert_eq!(day(951_868_799), "2000-02-29");
        assert_eq!(day(1_795_219_200), "2026-11-21");
        assert_eq!(day(1_798_761_599), "2026-12-31");
    }
}
