use super::findings::{Period, Window, WindowKind};
use super::*;

#[test]
fn times_are_read_as_tables_and_git_write_them() {
    let noon = days(2024, 1, 30).unwrap_or_default() * 86_400 + 12 * 3600;
    for (text, expected) in [
        ("2024-01-30 12:00:00", Some((noon, true))),
        ("2024.01.30 12:00", Some((noon, true))),
        ("2024/1/30", Some((noon - 12 * 3600, true))),
        ("2024-01-30T12:00:00Z", Some((noon, false))),
        ("2024-01-30T21:00:00.5+09:00", Some((noon, false))),
        ("2024-01-30 21:00:00 +0900", Some((noon, false))),
        ("Tue Jan 30 21:00:00 2024 +0900", Some((noon, false))),
        ("Wed Jan 31 12:00:00 2024", Some((noon + 86_400, true))),
        ("", None),
        ("2024-13-30", None),
        ("soon", None),
    ] {
        assert_eq!(time(text), expected, "{text}");
    }
}

#[test]
fn tables_with_and_without_a_head_are_read() {
    let (entries, broken) = read(
        "구분,요청일,완료일,내용\r\n변경,2024-01-02,2024-01-05,\"금액, 문구 \"\"수정\"\"\"\r\n배포,2024-01-06 03:00,,v1.2\r\n배포,,,v1.3\r\n",
        EntryKind::Deployment,
    );
    assert_eq!(broken, 1);
    let kinds: Vec<_> =
        entries.iter().map(|entry| (entry.kind, entry.text.as_str(), entry.done.is_some())).collect();
    assert_eq!(
        kinds,
        [(EntryKind::Change, "금액, 문구 \"수정\"", true), (EntryKind::Deployment, "v1.2", false)]
    );
    let (entries, broken) =
        read("2024-01-02T10:00:00+09:00\tv1\n2024-01-03T10:00:00+09:00\tv2\n", EntryKind::Deployment);
    assert_eq!((entries.len(), broken), (2, 0));
    assert_eq!(entries[1].text, "v2");
}

#[test]
fn the_log_of_git_is_read() {
    let text = "commit 0a5c5e5\nMerge: a b\nAuthor: Kim <k@x.kr>\nDate:   Thu Jan 30 21:00:00 2025 +0900\n\n    Release 1.2\n\n    More.\n\ncommit 2d7e5b3\nAuthor: Kim\nDate: nonsense\n\n    Fix\n";
    let (entries, broken) = read(text, EntryKind::Deployment);
    assert_eq!((entries.len(), broken), (1, 1));
    assert_eq!(entries[0].text, "Release 1.2");
}

#[test]
fn deployments_are_joined_with_what_followed_them() {
    let hour = |n: u64| Timestamp((1_700_000_000 / 3600 + n) * 3600 * 1_000_000);
    let window =
        Window { kind: WindowKind::Errors, from: hour(10), to: hour(11), concerned: 42, ..Window::default() };
    let findings = Findings {
        period: Some(Period { from: hour(0), to: hour(100), offset_seconds: 32_400, days: 4 }),
        windows: vec![window],
        ..Findings::default()
    };
    let seconds = |at: Timestamp| (at.0 / 1_000_000) as i64;
    let entry = |kind, at, is_local, done| Entry { kind, at, is_local, done, text: "x".to_owned() };
    let entries = vec![
        // In the log's zone: half an hour before the window.
        entry(EntryKind::Deployment, seconds(hour(10)) - 1800 + 32_400, true, None),
        entry(EntryKind::Deployment, seconds(hour(20)), false, None),
        entry(EntryKind::Deployment, seconds(hour(200)), false, None),
        entry(EntryKind::Change, 0, false, Some(86_400 * 3)),
        entry(EntryKind::Change, 0, false, None),
    ];
    let joined = History { entries, broken_rows: 0, within: Duration::from_secs(3600) }.join(&findings);
    assert_eq!((joined.deployments, joined.deployments_in_period, joined.followed), (3, 2, 1));
    assert_eq!(joined.consequences[0].concerned, 42);
    assert_eq!((joined.changes, joined.open_changes, joined.median_change_days), (2, 1, Some(3.0)));
}
