//! Searching the feed: plain words over posts and comments. What is typed and what is kept are compared in small
//! letters, without niqqud, geresh and gershayim, with final letters like the others; every word must stand there,
//! anywhere in a word, so that ב, ל and ו before it do no harm.

use kit::{PostId, Right, clean_line};
use std::collections::HashMap;
use uuid::Uuid;

use super::cursor::Cursor;
use super::store;
use super::views::Eye;
use crate::feed::model::{Marked, PostKind, SearchHit, SearchPage};
use crate::platform::{Cx, Fault};

/// The longest question, in characters; more words than WORDS are not looked for.
pub const QUESTION: usize = 80;
const WORDS: usize = 6;
/// Shorter questions would find everything.
const LEAST: usize = 2;
/// Hits on a page.
const HITS: usize = 30;
/// Characters shown before the first found word, and in all.
const LEAD: usize = 60;
const EXCERPT: usize = 240;

/// What was found, the latest first. `cursor` is a page's `next`. A question of less than two letters finds nothing.
pub async fn search(cx: &mut Cx, asked: &str, cursor: &str) -> Result<SearchPage, Fault> {
    cx.require(Right::ReadFeed)?;
    let eye = Eye::of(cx);
    let asked: String = clean_line(asked, usize::MAX).unwrap_or_default().chars().take(QUESTION).collect();
    let words = words(&asked);
    let (reader, flat) = (cx.caller.membership, cx.caller.flat);
    let frame = store::frame(cx.db(), reader, flat).await?;
    let mut found = match words.is_empty() {
        true => Vec::new(),
        false => store::search(cx.db(), &patterns(&words), Cursor::read(cursor), HITS as i32 + 1).await?,
    };
    let more = found.len() > HITS;
    found.truncate(HITS);
    let next = found.last().filter(|_| more).map(|last| Cursor { at: last.said_at.to_jiff(), post: PostId(last.comment_id.unwrap_or(last.post_id)) }.write());
    let hits = hits(cx, &eye, found, &words).await?;
    Ok(SearchPage { building_slug: cx.tenant.slug.clone(), building_name: cx.tenant.name.clone(), reader: eye.reader(cx, frame.flat_number), asked, hits, next })
}

async fn hits(cx: &mut Cx, eye: &Eye, found: Vec<store::Found>, words: &[String]) -> Result<Vec<SearchHit>, Fault> {
    let posts: Vec<Uuid> = found.iter().map(|hit| hit.post_id).collect();
    let comments: Vec<Uuid> = found.iter().filter_map(|hit| hit.comment_id).collect();
    let rows = store::posts(cx.db(), &posts, eye.membership).await?;
    let posts = eye.posts(rows, &[]);
    let comments: HashMap<Uuid, _> = store::comments(cx.db(), &comments).await?.into_iter().map(|row| (row.comment_id, row)).collect();
    let mut comments: HashMap<Uuid, _> = comments.into_iter().map(|(id, row)| (id, (row.created_at.to_jiff(), eye.comment(row)))).collect();
    let told = found.into_iter().filter_map(|hit| {
        let post = posts.get(&hit.post_id)?;
        let title = post.title.as_deref().filter(|_| post.kind != PostKind::Joined).map(|title| marked(title, words));
        match hit.comment_id {
            None => Some(SearchHit {
                post: post.post,
                comment: None,
                author: post.author.clone(),
                author_place: post.author_place.clone(),
                tone: post.tone,
                title,
                excerpt: marked(&excerpt(&post.body, words), words),
                when_label: post.when_label.clone(),
                when: post.when.clone(),
            }),
            Some(comment) => {
                let (at, said) = comments.remove(&comment)?;
                Some(SearchHit {
                    post: post.post,
                    comment: Some(said.comment),
                    author: Some(said.author),
                    author_place: said.author_place,
                    tone: said.tone,
                    title,
                    excerpt: marked(&excerpt(&said.body, words), words),
                    when_label: said.when_label,
                    when: at.to_string(),
                })
            }
        }
    });
    Ok(told.collect())
}

/// One character as it is searched; `None` when it does not count. migrations/0070 says the same in SQL.
fn plain(ch: char) -> Option<char> {
    match ch {
        '\u{5be}' => Some(' '),
        'ך' => Some('כ'),
        'ם' => Some('מ'),
        'ן' => Some('נ'),
        'ף' => Some('פ'),
        'ץ' => Some('צ'),
        '\u{591}'..='\u{5c7}' | '\u{200c}'..='\u{200f}' | '\u{61c}' => None,
        '"' | '\'' | '\u{5f3}' | '\u{5f4}' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' | '`' | '\u{b4}' => None,
        ch => ch.to_lowercase().next(),
    }
}

/// The words of a question; none when it is too short. "ה" before a longer word is let go: who looks for המעלית means מעלית.
fn words(asked: &str) -> Vec<String> {
    let folded: String = asked.chars().filter_map(plain).collect();
    let words: Vec<String> = folded
        .split_whitespace()
        .take(WORDS)
        .map(|word| match word.strip_prefix('ה') {
            Some(rest) if rest.chars().count() >= 3 => rest.to_owned(),
            _ => word.to_owned(),
        })
        .collect();
    if words.iter().map(|word| word.chars().count()).sum::<usize>() < LEAST { Vec::new() } else { words }
}

/// For LIKE, the longest first: it is the one that an index is asked for. What LIKE reads as signs is meant as written.
fn patterns(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.into_iter().map(|word| format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))).collect()
}

/// Where the words stand in a text, as ranges of bytes in order, without overlaps.
fn places(text: &str, words: &[String]) -> Vec<(usize, usize)> {
    let kept: Vec<(char, usize, usize)> = text.char_indices().filter_map(|(at, ch)| Some((plain(ch)?, at, at + ch.len_utf8()))).collect();
    let folded: Vec<char> = kept.iter().map(|(ch, ..)| *ch).collect();
    let mut found = Vec::new();
    for word in words {
        let word: Vec<char> = word.chars().collect();
        let here = folded.windows(word.len().max(1)).enumerate().filter(|(_, window)| *window == word.as_slice());
        found.extend(here.map(|(at, _)| (kept[at].1, kept[at + word.len() - 1].2)));
    }
    found.sort_unstable();
    let mut apart: Vec<(usize, usize)> = Vec::new();
    for (from, to) in found {
        match apart.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => apart.push((from, to)),
        }
    }
    apart
}

/// A text in runs; true for those that were looked for.
fn marked(text: &str, words: &[String]) -> Marked {
    let (mut runs, mut from) = (Vec::new(), 0);
    for (start, end) in places(text, words) {
        if from < start {
            runs.push((text[from..start].to_owned(), false));
        }
        runs.push((text[start..end].to_owned(), true));
        from = end;
    }
    if from < text.len() {
        runs.push((text[from..].to_owned(), false));
    }
    runs
}

/// The part of a text around the first found word, cut between words.
fn excerpt(text: &str, words: &[String]) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = places(&text, words).first().map_or(0, |(from, _)| text[..*from].chars().count());
    let chars: Vec<char> = text.chars().collect();
    let start = match first.saturating_sub(LEAD) {
        0 => 0,
        wished => chars[wished..first].iter().position(|ch| *ch == ' ').map_or(wished, |space| wished + space + 1),
    };
    let end = match (start + EXCERPT).min(chars.len()) {
        end if end == chars.len() => end,
        end => chars[start..end].iter().rposition(|ch| *ch == ' ').map_or(end, |space| start + space),
    };
    let inner: String = chars[start..end].iter().collect();
    [if start > 0 { "… " } else { "" }, &inner, if end < chars.len() { " …" } else { "" }].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_niqqud_quotes_and_final_letters() {
        assert_eq!(words("שָׁלוֹם לְכֻלָּם"), ["שלומ", "לכלמ"]);
        assert_eq!(words("צה״ל ז׳בוטינסקי Wi-Fi"), ["צהל", "זבוטינסקי", "wi-fi"]);
        assert_eq!(words("המעלית הוא"), ["מעלית", "הוא"]);
        assert_eq!(words("בית־ספר"), ["בית", "ספר"]);
        for short in ["", "א", " ״ ", "\u{5b8}"] {
            assert_eq!(words(short), Vec::<String>::new(), "{short:?}");
        }
        assert_eq!(words("א ב ג ד ה ו ז ח").len(), WORDS);
    }

    #[test]
    fn signs_of_the_search_are_meant_as_written() {
        assert_eq!(patterns(&["50%".into(), "a_b\\c".into()]), ["%a\\_b\\\\c%", "%50\\%%"]);
    }

    #[test]
    fn what_was_found_is_marked_in_the_text_as_it_was_written() {
        let words = words("מעלית שלום");
        let pointed = "מַּעֲלִית";
        let runs = [("הַ", false), (pointed, true), (" תקינה. ", false), ("שלום", true), ("!", false)].map(|(run, found)| (run.to_owned(), found));
        assert_eq!(marked(&format!("הַ{pointed} תקינה. שלום!"), &words), runs);
        assert_eq!(marked("<b>אין</b>", &words), [("<b>אין</b>".to_owned(), false)]);
        assert_eq!(places("אאאא", &["אא".into()]), [(0, 8)], "one after the other is one place");
        assert_eq!(places("", &["אא".into()]), []);
    }

    #[test]
    fn a_long_text_is_shown_around_what_was_found() {
        let text = format!("{}מעלית {}", "מילה ".repeat(100), "סוף ".repeat(100));
        let shown = excerpt(&text, &words("מעלית"));
        assert!(shown.starts_with("… מילה") && shown.contains("מעלית") && shown.ends_with("סוף …"), "{shown}");
        assert!(shown.chars().count() <= EXCERPT + 4);
        assert_eq!(excerpt("קצר\nמאוד", &words("מאוד")), "קצר מאוד");
    }
}
