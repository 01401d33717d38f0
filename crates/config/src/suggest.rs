//! The nearest right word for one that is wrong.

/// Returns the candidate that `word` was most likely meant to be: a few letters off, or the one spelled out and the
/// other cut short (`environment` for `env`). `None` when nothing is near.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nothing to be near to; and the distance costs the product of both lengths.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase().replace('-', "_");
    let score = |candidate: &'a str| {
        let known = candidate.to_lowercase().replace('-', "_");
        let allowed = (word.chars().count().min(known.chars().count()) / 3).max(1);
        let distance = strsim::damerau_levenshtein(&word, &known);
        let (short, long) = if word.len() < known.len() { (&word, &known) } else { (&known, &word) };
        let cut = short.len() >= 3 && long.starts_with(short.as_str());
        // A word of one or two letters is one letter off from too many others.
        let near = distance <= allowed && (distance == 0 || known.chars().count() > 2);
        if near { Some((distance, candidate)) } else { cut.then_some((allowed + 1, candidate)) }
    };
    candidates
        .into_iter()
        .filter_map(score)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_word_a_few_letters_off_is_found() {
        let keys = ["exec", "artifact", "env", "scale", "health", "min", "max", "to"];
        for (wrong, right) in [
            ("scael", "scale"),
            ("Scale", "scale"),
            ("environment", "env"),
            ("artefact", "artifact"),
            ("healthz", "health"),
            ("maximum", "max"),
            ("min", "min"),
        ] {
            assert_eq!(nearest(wrong, keys), Some(right), "{wrong}");
        }
        for wrong in ["image", "replicas", "", "x", "예약", &"scale".repeat(20)] {
            assert_eq!(nearest(wrong, keys), None, "{wrong}");
        }
    }
}
