//! How numbers of each kind are recognised among groups of digits, and which of their digits stay.

use super::digits::{Found, Group};

/// 6 digits of a date of birth, 7 digits of which the first tells century, sex and whether Korean; hyphen or blank or nothing between.
/// The last digit is no check digit any more for numbers given since October 2020, so that it is not looked at.
///
/// Source: 주민등록법 시행규칙 제2조.
pub(super) fn resident(text: &[u8], groups: &[Group]) -> Option<Found> {
    let (count, all) = match groups {
        [only, ..] if only.len() == 13 => (1, &text[only.start..only.end]),
        [birth, rest, ..] if birth.len() == 6 && rest.len() == 7 => (2, &text[birth.start..rest.end]),
        _ => return None,
    };
    let two = |at: usize| (all[at] - b'0') * 10 + (all[at + 1] - b'0');
    let date = (1..=12).contains(&two(2)) && (1..=31).contains(&two(4));
    date.then_some(Found { groups: count, first: 7, last: 0 })
}

/// 13 to 19 digits with a valid check digit, in one group or in groups of 4 to 6 of which the first has 4.
///
/// Source: ISO/IEC 7812-1, 4 and annex B (the formula of Luhn); what stays: PCI DSS 4.0, 3.4.1.
pub(super) fn card(text: &[u8], groups: &[Group]) -> Option<Found> {
    let mut longest = None;
    let mut total = 0;
    for (at, group) in groups.iter().enumerate() {
        total += group.len();
        let count = at + 1;
        // The last group may be short.
        if (13..=19).contains(&total) && (count == 1 || group.len() <= 6) && luhn(text, &groups[..count]) {
            longest = Some(Found { groups: count, first: 6, last: 4 });
        }
        let goes_on = if at == 0 { group.len() == 4 } else { (4..=6).contains(&group.len()) };
        if !goes_on || total >= 19 {
            break;
        }
    }
    longest
}

fn luhn(text: &[u8], groups: &[Group]) -> bool {
    let digits = groups.iter().flat_map(|group| &text[group.start..group.end]).rev();
    let sum: u32 = digits
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            let doubled = digit * 2;
            if at % 2 == 0 { digit } else { doubled / 10 + doubled % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// 3 or 4 groups of 1 to 8 digits, 10 to 14 together, with hyphens between; a date with its time is not that long.
pub(super) fn account(text: &[u8], groups: &[Group]) -> Option<Found> {
    let hyphens = groups.iter().skip(1).take_while(|group| group.joined_by == Some(b'-')).count();
    let count = hyphens + 1;
    let total: usize = groups[..count].iter().map(Group::len).sum();
    let sizes = groups[..count].iter().all(|group| (1..=8).contains(&group.len())) && groups[0].len() >= 2;
    // What begins with a letter is some other number.
    let before = groups[0].start.checked_sub(1).map(|at| text[at]);
    let begins = !before.is_some_and(|byte| byte == b'-' || byte.is_ascii_alphanumeric());
    let fits = (3..=4).contains(&count) && sizes && (10..=14).contains(&total) && begins;
    fits.then_some(Found { groups: count, first: groups[0].len().min(4), last: 2 })
}
