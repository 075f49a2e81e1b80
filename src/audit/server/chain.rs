//! The chain, pure: the canonical form of a line, and what a reading of all lines in their order finds. The database's
//! trigger (directory.audit_hash in migrations/0080_audit_chain.sql) says the same form; a test holds the two together.

use aws_lc_rs::digest::{Context, SHA256};
use uuid::Uuid;

pub type Hash = [u8; 32];

/// What the first line follows.
pub const NOTHING_BEFORE: Hash = [0; 32];

/// A line as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub seq: i64,
    pub audit_id: Uuid,
    pub actor: Option<Uuid>,
    pub actor_role: String,
    pub act: String,
    pub subject: String,
    /// The JSON's text as the database writes it.
    pub detail: String,
    pub address: Option<String>,
    pub trace_id: String,
    /// Microseconds since 1970.
    pub at_us: i64,
    pub prev_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

impl Line {
    /// The hash this line must have as number `seq` of a tenant.
    pub fn hash_as(&self, tenant: Uuid, seq: i64) -> Hash {
        let mut digest = Context::new(&SHA256);
        digest.update(b"vantera-audit-1");
        part(&mut digest, Some(tenant.as_bytes()));
        part(&mut digest, Some(&seq.to_be_bytes()));
        part(&mut digest, Some(&self.prev_hash));
        part(&mut digest, Some(self.audit_id.as_bytes()));
        part(&mut digest, self.actor.as_ref().map(|actor| actor.as_bytes().as_slice()));
        for text in [&self.actor_role, &self.act, &self.subject, &self.detail] {
            part(&mut digest, Some(text.as_bytes()));
        }
        part(&mut digest, self.address.as_ref().map(String::as_bytes));
        part(&mut digest, Some(self.trace_id.as_bytes()));
        part(&mut digest, Some(&self.at_us.to_be_bytes()));
        taken(digest)
    }
}

/// Absent, or its length and itself.
fn part(digest: &mut Context, bytes: Option<&[u8]>) {
    match bytes {
        None => digest.update(&[0]),
        Some(bytes) => {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            digest.update(&[1]);
            digest.update(&length.to_be_bytes());
            digest.update(bytes);
        }
    }
}

/// A digest's bytes.
pub(super) fn taken(digest: Context) -> Hash {
    let mut hash = NOTHING_BEFORE;
    hash.copy_from_slice(digest.finish().as_ref());
    hash
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A line of this number is not there; the next one is.
    Missing,
    /// A second line of a number that was read already.
    Twice,
    /// It was written as another number.
    Reordered,
    /// Its content does not fit its hash.
    Changed,
    /// It was chained to another line than the one that stands before it.
    NotChained,
    /// An anchor kept another hash of this number.
    OffAnchor,
    /// The head counts lines, or an anchor kept one, that are not there.
    TailCut,
    /// It stands behind the head, which never counted it.
    BeyondHead,
    /// It is the last, and the head's hash is another.
    OffHead,
}

impl How {
    pub const ALL: [How; 9] = [How::Missing, How::Twice, How::Reordered, How::Changed, How::NotChained, How::OffAnchor, How::TailCut, How::BeyondHead, How::OffHead];

    /// The word kept in the database.
    pub fn word(self) -> &'static str {
        match self {
            How::Missing => "missing",
            How::Twice => "twice",
            How::Reordered => "reordered",
            How::Changed => "changed",
            How::NotChained => "not_chained",
            How::OffAnchor => "off_anchor",
            How::TailCut => "tail_cut",
            How::BeyondHead => "beyond_head",
            How::OffHead => "off_head",
        }
    }

    /// For who runs `vantera audit verify`.
    pub fn sentence(self) -> &'static str {
        match self {
            How::Missing => "this line is missing",
            How::Twice => "there is a second line of this number",
            How::Reordered => "this line was written as another number",
            How::Changed => "this line was changed: its content does not fit its hash",
            How::NotChained => "this line was chained to another line than the one before it",
            How::OffAnchor => "an anchor kept another hash of this line: the chain was rewritten",
            How::TailCut => "the tail is cut: this line was written and is not there",
            How::BeyondHead => "this line stands behind the head, which never counted it",
            How::OffHead => "the head kept another hash of this line, which is the last",
        }
    }
}

/// The first thing that is wrong with a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    pub seq: i64,
    pub how: How,
}

/// How far a moved line is looked for: beyond, it is called changed.
const MOVED_BY: i64 = 2_000;

/// One reading of a tenant's chain, line after line.
pub struct Chain {
    tenant: Uuid,
    /// The number and the hash of the last line read.
    last: (i64, Hash),
    /// What anchors kept, by number from the front.
    anchors: std::iter::Peekable<std::vec::IntoIter<(i64, Vec<u8>)>>,
}

impl Chain {
    /// `anchors` in the order of their numbers.
    pub fn new(tenant: Uuid, anchors: Vec<(i64, Vec<u8>)>) -> Self {
        Self { tenant, last: (0, NOTHING_BEFORE), anchors: anchors.into_iter().peekable() }
    }

    /// Lines read and right.
    pub fn lines(&self) -> i64 {
        self.last.0
    }

    /// Reads the next line.
    pub fn read(&mut self, line: &Line) -> Result<(), Break> {
        let (seq, wanted) = (line.seq, self.last.0 + 1);
        let broken = |seq, how| Err(Break { seq, how });
        if seq > wanted {
            return broken(wanted, How::Missing);
        }
        if seq < wanted {
            return broken(seq, How::Twice);
        }
        let hash = line.hash_as(self.tenant, seq);
        if hash.as_slice() != line.hash {
            let near = (seq - MOVED_BY).max(1)..=seq + MOVED_BY;
            let moved = near.into_iter().any(|other| other != seq && line.hash_as(self.tenant, other).as_slice() == line.hash);
            return broken(seq, if moved { How::Reordered } else { How::Changed });
        }
        if line.prev_hash != self.last.1 {
            return broken(seq, How::NotChained);
        }
        while let Some((_, kept)) = self.anchors.next_if(|(at, _)| *at <= seq) {
            if kept != hash {
                return broken(seq, How::OffAnchor);
            }
        }
        self.last = (seq, hash);
        Ok(())
    }

    /// After the last line: whether the head and the anchors know of the same end. `beyond` is a line's number when one
    /// stands behind the head.
    pub fn end(mut self, head: Option<(i64, Vec<u8>)>, beyond: Option<i64>) -> Result<i64, Break> {
        let (seq, hash) = self.last;
        let (counted, kept) = head.unwrap_or((0, NOTHING_BEFORE.to_vec()));
        if let Some(seq) = beyond.or((counted < seq).then_some(counted + 1)) {
            return Err(Break { seq, how: How::BeyondHead });
        }
        if counted > seq || self.anchors.next().is_some() {
            return Err(Break { seq: seq + 1, how: How::TailCut });
        }
        if kept != hash {
            return Err(Break { seq, how: How::OffHead });
        }
        Ok(seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: Uuid = Uuid::from_u128(7);

    /// A chain of so many lines, as the trigger makes one.
    fn chain(lines: i64) -> Vec<Line> {
        rechained(
            (1..=lines)
                .map(|seq| Line {
                    seq,
                    audit_id: Uuid::from_u128(1000 + u128::from(seq.unsigned_abs())),
                    actor: (seq % 2 == 0).then(|| Uuid::from_u128(3)),
                    actor_role: "chair".into(),
                    act: "resident.moved".into(),
                    subject: seq.to_string(),
                    detail: "{\"to\": \"5\"}".into(),
                    address: (seq % 3 == 0).then(|| "10.0.0.1".into()),
                    trace_id: "t".into(),
                    at_us: 1_000_000 * seq,
                    prev_hash: Vec::new(),
                    hash: Vec::new(),
                })
                .collect(),
        )
    }

    fn rechained(mut lines: Vec<Line>) -> Vec<Line> {
        let mut before = NOTHING_BEFORE;
        for line in &mut lines {
            line.prev_hash = before.to_vec();
            before = line.hash_as(TENANT, line.seq);
            line.hash = before.to_vec();
        }
        lines
    }

    fn head(lines: &[Line]) -> Option<(i64, Vec<u8>)> {
        lines.last().map(|line| (line.seq, line.hash.clone()))
    }

    fn verify(lines: &[Line], head: Option<(i64, Vec<u8>)>, anchors: Vec<(i64, Vec<u8>)>) -> Result<i64, (i64, How)> {
        let mut chain = Chain::new(TENANT, anchors);
        let told = |found: Break| (found.seq, found.how);
        for line in lines {
            chain.read(line).map_err(told)?;
        }
        chain.end(head, None).map_err(told)
    }

    #[test]
    fn a_whole_chain_is_whole() {
        assert_eq!(verify(&[], None, vec![]), Ok(0));
        let lines = chain(9);
        assert_eq!(verify(&lines, head(&lines), vec![(4, lines[3].hash.clone()), (9, lines[8].hash.clone())]), Ok(9));
    }

    #[test]
    fn what_was_done_to_a_chain_is_named_with_its_first_line() {
        let whole = chain(9);
        let end = head(&whole);
        let anchors = vec![(6, whole[5].hash.clone())];
        let done = |change: &dyn Fn(&mut Vec<Line>)| {
            let mut lines = whole.clone();
            change(&mut lines);
            verify(&lines, end.clone(), anchors.clone())
        };
        assert_eq!(done(&|lines| lines[4].subject.push('x')), Err((5, How::Changed)));
        assert_eq!(done(&|lines| lines[4].hash[0] ^= 1), Err((5, How::Changed)));
        assert_eq!(done(&|lines| drop(lines.remove(4))), Err((5, How::Missing)));
        assert_eq!(done(&|lines| drop(lines.remove(0))), Err((1, How::Missing)));
        assert_eq!(done(&|lines| lines.insert(5, lines[4].clone())), Err((5, How::Twice)));
        let swapped = |lines: &mut Vec<Line>| {
            lines.swap(4, 6);
            (lines[4].seq, lines[6].seq) = (5, 7);
        };
        assert_eq!(done(&swapped), Err((5, How::Reordered)));
        assert_eq!(done(&|lines| lines.truncate(7)), Err((8, How::TailCut)));
        let forged = |lines: &mut Vec<Line>| {
            let mut more = lines[8].clone();
            more.seq = 10;
            more.prev_hash = lines[8].hash.clone();
            more.hash = more.hash_as(TENANT, 10).to_vec();
            lines.push(more);
        };
        assert_eq!(done(&forged), Err((10, How::BeyondHead)));
        // A line made anew whose neighbours were left: the next one was chained to what it was.
        let alone = |lines: &mut Vec<Line>| {
            lines[2].subject.push('x');
            lines[2].hash = lines[2].hash_as(TENANT, 3).to_vec();
        };
        assert_eq!(done(&alone), Err((4, How::NotChained)));
        let last = |lines: &mut Vec<Line>| {
            lines[8].subject.push('x');
            lines[8].hash = lines[8].hash_as(TENANT, 9).to_vec();
        };
        assert_eq!(done(&last), Err((9, How::OffHead)));
    }

    #[test]
    fn a_chain_made_anew_with_its_head_is_found_by_its_anchor() {
        let whole = chain(9);
        let mut lines = whole.clone();
        lines[2].detail = "{}".into();
        let lines = rechained(lines);
        assert_eq!(verify(&lines, head(&lines), vec![]), Ok(9), "without an anchor nobody could tell");
        assert_eq!(verify(&lines, head(&lines), vec![(6, whole[5].hash.clone())]), Err((6, How::OffAnchor)));
        let cut = &whole[..4];
        assert_eq!(verify(cut, head(cut), vec![(6, whole[5].hash.clone())]), Err((5, How::TailCut)));
        assert_eq!(verify(&[], None, vec![(6, whole[5].hash.clone())]), Err((1, How::TailCut)), "all of it and its head are gone");
    }

    #[test]
    fn no_two_lines_share_a_form() {
        let line = chain(1).remove(0);
        let hash = |change: &dyn Fn(&mut Line)| {
            let mut line = line.clone();
            change(&mut line);
            line.hash_as(TENANT, 1)
        };
        let forms = [
            hash(&|_| ()),
            hash(&|line| line.address = Some(String::new())),
            hash(&|line| (line.act, line.subject) = ("resident.moved1".into(), String::new())),
            hash(&|line| (line.act, line.subject) = ("resident.move".into(), "d1".into())),
            hash(&|line| line.at_us += 1),
            line.hash_as(Uuid::from_u128(8), 1),
            line.hash_as(TENANT, 2),
        ];
        for (at, form) in forms.iter().enumerate() {
            assert!(!forms[..at].contains(form), "form {at}");
        }
    }
}
