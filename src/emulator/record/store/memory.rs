//! Records in memory: ordered maps behind many locks.

use super::backend::{Backend, Collection, Entry, Position, Tally};
use crate::emulator::errors::{Result, internal};
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How many locks a collection has; a power of two.
const SHARDS: usize = 64;

/// The collections, each cut into ranges of positions with a lock of their own: a write locks one range, and a page is
/// read from one range after the other. Under a lock texts are only put in, taken out or referred to; they are made,
/// read and freed outside.
pub(super) struct Memory(Collections);

type Collections = [Ranges; Collection::ALL.len()];

struct Ranges {
    shards: [RwLock<Shard>; SHARDS],
    changes: AtomicU64,
}

#[derive(Default)]
struct Shard {
    records: BTreeMap<Position, Stored>,
    /// The owners and positions of the records that have one.
    owned: BTreeSet<(Arc<str>, Position)>,
}

struct Stored {
    owner: Option<Arc<str>>,
    body: Body,
}

/// A text as it lies in memory. A record with certificates is compressed, which halves it: its two certificates have
/// much in common, and often are the same.
#[derive(Clone, PartialEq, Eq)]
enum Body {
    Plain(Arc<str>),
    Packed(Arc<[u8]>),
}

/// From how many bytes on a text is compressed.
const PACKED_BYTES: usize = 1024;

impl Body {
    /// Equal texts make equal bodies.
    fn new(text: Arc<str>) -> Self {
        match text.len() {
            PACKED_BYTES.. => Self::Packed(lz4_flex::compress_prepend_size(text.as_bytes()).into()),
            _ => Self::Plain(text),
        }
    }

    fn text(self) -> Result<Arc<str>> {
        let packed = match self {
            Self::Plain(text) => return Ok(text),
            Self::Packed(packed) => packed,
        };
        let text = lz4_flex::decompress_size_prepended(&packed).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.map(Into::into).ok_or_else(|| internal("A record in memory can't be decompressed."))
    }
}

impl Memory {
    pub(super) fn new() -> Self {
        Self(Self::collections())
    }

    fn collections() -> Collections {
        let ranges = || Ranges { shards: std::array::from_fn(|_| RwLock::default()), changes: AtomicU64::new(0) };
        std::array::from_fn(|_| ranges())
    }

    fn ranges(&self, collection: Collection) -> &Ranges {
        &self.0[collection.index()]
    }
}

impl Drop for Memory {
    /// Whoever ends an emulator does not wait until a million records are freed.
    fn drop(&mut self) {
        let collections = mem::replace(&mut self.0, Self::collections());
        // Where there are no threads any more, they are freed here and now.
        let _ = std::thread::Builder::new().spawn(move || drop(collections));
    }
}

impl Ranges {
    /// Which range `position` is in: the highest bits of its hash, in the order of signed numbers.
    fn index(position: &Position) -> usize {
        let unsigned = position.hash.cast_unsigned() ^ (1 << 63);
        (unsigned >> (64 - SHARDS.trailing_zeros())) as usize
    }

    fn read(&self, index: usize) -> RwLockReadGuard<'_, Shard> {
        // No operation on a map panics halfway.
        self.shards[index].read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, position: &Position) -> RwLockWriteGuard<'_, Shard> {
        let shard = self.shards[Self::index(position)].write().unwrap_or_else(PoisonError::into_inner);
        // Within the lock: who has seen the number, and reads then, finds what it stands for.
        self.changes.fetch_add(1, Ordering::Relaxed);
        shard
    }
}

impl Shard {
    fn has(&self, position: &Position, expected: Option<&Body>) -> bool {
        self.records.get(position).map(|stored| &stored.body) == expected
    }

    /// What was there before, to be freed by the caller once the lock is released.
    fn insert(&mut self, position: Position, owner: Option<Arc<str>>, body: Body) -> Option<Stored> {
        let stored = self.records.get(&position).and_then(|stored| stored.owner.clone());
        if stored != owner {
            if let Some(stored) = stored {
                self.owned.remove(&(stored, position.clone()));
            }
            if let Some(owner) = &owner {
                self.owned.insert((Arc::clone(owner), position.clone()));
            }
        }
        self.records.insert(position, Stored { owner, body })
    }

    fn remove(&mut self, position: &Position) -> Option<Stored> {
        let removed = self.records.remove(position)?;
        if let Some(owner) = &removed.owner {
            self.owned.remove(&(Arc::clone(owner), position.clone()));
        }
        Some(removed)
    }

    /// Adds the records after `after` to `page`, until that has `limit`.
    fn page(&self, owner: Option<&Arc<str>>, after: &Position, limit: usize, page: &mut Vec<(Position, Body)>) {
        let free = limit.saturating_sub(page.len());
        let row = |position: &Position, stored: &Stored| (position.clone(), stored.body.clone());
        match owner {
            None => {
                let records = self.records.range((Excluded(after), Unbounded)).take(free);
                page.extend(records.map(|(position, stored)| row(position, stored)));
            }
            Some(owner) => {
                let owned = self.owned.range((Excluded((Arc::clone(owner), after.clone())), Unbounded));
                let positions = owned.take_while(|(of, _)| of == owner).take(free).map(|(_, position)| position);
                page.extend(positions.filter_map(|position| Some(row(position, self.records.get(position)?))));
            }
        }
    }
}

/// Gives freed memory back to the system, where the allocator keeps it until it is told.
fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[allow(unsafe_code, reason = "there is no safe interface to it")]
        // SAFETY: this is glibc's declaration; it takes any number, and may be called by every thread at any time.
        unsafe extern "C" {
            safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
        }
        // Whether there was anything to give back is of no interest.
        let _ = malloc_trim(0);
    }
}

impl Backend for Memory {
    fn is_quick(&self) -> bool {
        true
    }

    fn get(&self, collection: Collection, position: &Position) -> Result<Option<Arc<str>>> {
        let shard = self.ranges(collection).read(Ranges::index(position));
        let body = shard.records.get(position).map(|stored| stored.body.clone());
        drop(shard);
        body.map(Body::text).transpose()
    }

    fn replace(&self, entry: Entry, expected: Option<Arc<str>>) -> Result<bool> {
        let Entry { collection, position, owner, body } = entry;
        let (body, expected) = (Body::new(body), expected.map(Body::new));
        let mut shard = self.ranges(collection).write(&position);
        if !shard.has(&position, expected.as_ref()) {
            return Ok(false);
        }
        let before = shard.insert(position, owner, body);
        drop(shard);
        drop(before);
        Ok(true)
    }

    fn remove(&self, collection: Collection, position: &Position, expected: Arc<str>) -> Result<bool> {
        let expected = Body::new(expected);
        let mut shard = self.ranges(collection).write(position);
        if !shard.has(position, Some(&expected)) {
            return Ok(false);
        }
        let removed = shard.remove(position);
        drop(shard);
        drop(removed);
        Ok(true)
    }

    fn put_all(&self, entries: Vec<Entry>) -> Result<()> {
        for Entry { collection, position, owner, body } in entries {
            let body = Body::new(body);
            let mut shard = self.ranges(collection).write(&position);
            let before = shard.insert(position, owner, body);
            drop(shard);
            drop(before);
        }
        Ok(())
    }

    fn page(
        &self,
        collection: Collection,
        owner: Option<&str>,
        after: &Position,
        limit: usize,
    ) -> Result<Vec<(Position, Arc<str>)>> {
        let owner: Option<Arc<str>> = owner.map(Into::into);
        let ranges = self.ranges(collection);
        let mut page = Vec::new();
        for index in Ranges::index(after)..SHARDS {
            ranges.read(index).page(owner.as_ref(), after, limit, &mut page);
            if page.len() >= limit {
                break;
            }
        }
        page.into_iter().map(|(position, body)| Ok((position, body.text()?))).collect()
    }

    fn tally(&self, collection: Collection) -> Result<Tally> {
        let ranges = self.ranges(collection);
        let changes = ranges.changes.load(Ordering::Relaxed);
        let records = (0..SHARDS).map(|index| ranges.read(index).records.len() as u64).sum();
        Ok(Tally { records, changes })
    }

    fn clear(&self) -> Result<()> {
        for ranges in &self.0 {
            for shard in &ranges.shards {
                let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
                ranges.changes.fetch_add(1, Ordering::Relaxed);
                let removed = mem::take(&mut *shard);
                drop(shard);
                drop(removed);
            }
        }
        give_back();
        Ok(())
    }
}
