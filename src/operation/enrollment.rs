//! Enrollments and enrollment groups: one shape of operation for both kinds.

use super::allocation::Allocation;
use super::attestation::Attestation;
use super::change::Change;
use super::listing::Paging;
use super::settings::{DeviceSettings, Settings, check_id};
use super::{Common, Event, GroupId, Precondition, Progress, Request, data_plane};
use crate::context::Context;
use crate::error::{Code, Error, Outcome, Result};
use crate::model::{
    AttestationType, Clear, Collection, DEVICE_REGISTRY_API_VERSION, EnrollmentKind, Members, Record, Word,
};
use crate::present::{attestation as present_attestation, enrollment as present};
use crate::service::{DataPlane, List};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How often a change is merged anew onto a record that others keep changing.
const MERGES: u32 = 16;

/// What the service keeps for itself in a record: read, never sent.
const READ_ONLY: [&str; 3] = ["registrationState", "createdDateTimeUtc", "lastUpdatedDateTimeUtc"];

const TYPE: &[&str] = &["attestation", "type"];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Individual {
    registration_id: Option<String>,
}

/// All that a caller may give of a record's content.
#[derive(Debug)]
struct Content {
    attestation: Attestation,
    allocation: Allocation,
    settings: Settings,
    device: DeviceSettings,
}

impl Content {
    fn take(kind: EnrollmentKind, request: &mut Request) -> Result<Self> {
        let device = match kind {
            EnrollmentKind::Individual => request.take()?,
            EnrollmentKind::Group => DeviceSettings::default(),
        };
        Ok(Self { attestation: request.take()?, allocation: request.take()?, settings: request.take()?, device })
    }

    /// The api-version that is needed, where that is not the usual one.
    fn api_version(&self, change: &Change) -> Option<&'static str> {
        let needed = self.settings.needs_device_registry() || change.needs_device_registry();
        needed.then_some(DEVICE_REGISTRY_API_VERSION)
    }

    fn check(&mut self) -> Result<()> {
        self.allocation.check()?;
        self.settings.check()?;
        self.device.check()
    }

    /// Whether a record has what was given, and what is to be done besides, as far as doing it again would show.
    fn is_settled(&self, kind: EnrollmentKind, change: &Change, record: &Record) -> Result<bool> {
        let mut again = record.clone();
        change.apply_repeatable(kind, &mut again);
        self.allocation.apply(change, &mut again)?;
        self.settings.apply(&mut again);
        self.device.apply(&mut again);
        Ok(again == *record)
    }

    /// Puts everything that was given, and what is to be done besides, into a record that exists.
    fn apply(&self, kind: EnrollmentKind, change: &Change, record: &mut Record) -> Result<()> {
        change.apply(kind, record)?;
        self.attestation.apply(kind, change, record)?;
        self.allocation.apply(change, record)?;
        self.settings.apply(record);
        self.device.apply(record);
        Ok(())
    }
}

/// Reads one record; with `showKey`, its keys too.
pub async fn get(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Get {
        show_key: bool,
    }
    let mut common: Common = request.take()?;
    let id = take_id(kind, &mut request)?;
    let Get { show_key } = request.take()?;
    request.finish()?;
    let id = required(kind, id)?;
    let target = common.target()?;

    let read = async {
        let plane = data_plane(target, None, context).await?;
        if !show_key {
            return plane.get(kind, &id).await;
        }
        let record = whole(&plane, kind, &id).await?;
        if !is_symmetric(&record) {
            context.warning(format!("{}: only a symmetric key can be shown.", target_of(kind, &id)));
        }
        Ok(record)
    };
    let record = read.await.map_err(|error: Error| error.with_target(target_of(kind, &id)))?;
    context.item(present(kind, common.shape, record)).await
}

/// Reads a record's attestation mechanism with its keys.
pub async fn attestation(mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    let individual = take_id(EnrollmentKind::Individual, &mut request)?;
    let group = take_id(EnrollmentKind::Group, &mut request)?;
    request.finish()?;
    let (kind, id) = match (individual, group) {
        (Some(id), None) => (EnrollmentKind::Individual, id),
        (None, Some(id)) => (EnrollmentKind::Group, id),
        _ => return Err(Error::argument("registrationId", "Give either registrationId or enrollmentGroupId.")),
    };
    let target = common.target()?;
    let read = async { data_plane(target, None, context).await?.attestation_mechanism(kind, &id).await };
    let mechanism = read.await.map_err(|error| error.with_target(Collection::from(kind).target(&id)))?;
    context.item(present_attestation(common.shape, mechanism)).await
}

/// Reads all records.
pub async fn list(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    let paging: Paging = request.take()?;
    request.finish()?;
    paging.check()?;
    let target = common.target()?;
    let read = async {
        let plane = data_plane(target, None, context).await?;
        let present = |record| present(kind, common.shape, record);
        paging.stream(&plane, List::Enrollments(kind), present, context).await
    };
    read.await.map_err(|error: Error| error.with_target(kind.collection()))
}

/// Creates a record; one that exists is left as it is, and reported.
pub async fn new(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct New {
        attestation_type: Option<AttestationType>,
    }
    let mut common: Common = request.take()?;
    let id = take_id(kind, &mut request)?;
    let New { attestation_type } = request.take()?;
    let mut content = Content::take(kind, &mut request)?;
    request.finish()?;
    let id = required(kind, id)?;
    let attestation_type = attestation_type
        .ok_or_else(|| Error::argument("attestationType", "attestationType is required: Tpm, X509 or SymmetricKey."))?;
    let target = common.target()?;
    content.attestation.check_new(kind, attestation_type, &common.working_directory)?;
    content.allocation.check_new()?;
    content.check()?;

    let mut record = Record::default();
    record.set(&[kind.id_member()], id.as_str());
    content.device.apply(&mut record);
    content.attestation.apply_new(kind, attestation_type, &mut record);
    Settings::apply_defaults(&mut record);
    content.settings.apply(&mut record);
    content.allocation.apply(&Change::default(), &mut record)?;
    warn_of_certificates(kind, &id, &content.attestation, context);

    let write = async {
        let plane = data_plane(target, content.api_version(&Change::default()), context).await?;
        let answer = plane.put(kind, &id, &record, None).await;
        match answer.result {
            Err(error) if error.code() == Code::AlreadyExists && answer.lost_answer => {
                let found = whole(&plane, kind, &id).await.map_err(|error| error.with_outcome(Outcome::Unknown))?;
                let ours = holds(&found, &expected(kind, &record, &content.attestation));
                if ours && is_younger(&found, answer.begun) { Ok(as_answered(found)) } else { Err(error) }
            }
            result => result,
        }
    };
    let created = write.await.map_err(|error: Error| error.with_target(target_of(kind, &id)))?;
    context.item(present(kind, common.shape, created)).await
}

/// Changes a record: what was given is merged onto what the service has, and written only if nobody else wrote in
/// between; else it is merged anew.
pub async fn set(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    let id = take_id(kind, &mut request)?;
    let given: Vec<Clear> = Clear::ALL.iter().copied().filter(|word| request.has(word.wire())).collect();
    let mut content = Content::take(kind, &mut request)?;
    let mut change: Change = request.take()?;
    let precondition: Precondition = request.take()?;
    request.finish()?;
    let id = required(kind, id)?;
    let target = common.target()?;
    precondition.check()?;
    change.check(kind, given)?;
    content.attestation.check(&common.working_directory)?;
    content.attestation.check_change(&change)?;
    content.check()?;
    warn_of_certificates(kind, &id, &content.attestation, context);

    let write = async {
        let plane = data_plane(target, content.api_version(&change), context).await?;
        merge(&plane, kind, &id, &content, &change, &precondition, context).await
    };
    let changed = write.await.map_err(|error: Error| error.with_target(target_of(kind, &id)))?;
    context.item(present(kind, common.shape, changed)).await
}

async fn merge(
    plane: &DataPlane<'_>,
    kind: EnrollmentKind,
    id: &str,
    content: &Content,
    change: &Change,
    precondition: &Precondition,
    context: &Context,
) -> Result<Record> {
    // What may have been written without its answer coming back.
    let mut lost: Option<Record> = None;
    for merge in 1.. {
        let doubtful = lost.is_some();
        let in_doubt = |error: Error| match error.outcome() {
            Outcome::NotApplied if doubtful => error.with_outcome(Outcome::Unknown),
            _ => error,
        };
        let before = whole(plane, kind, id).await.map_err(in_doubt)?;
        // Anything else may be merged once more, whoever wrote.
        if let Some(written) = lost.as_ref().filter(|_| change.is_once_only() || precondition.bound().is_some()) {
            let kept = holds(&before, &expected(kind, written, &content.attestation));
            if kept && content.is_settled(kind, change, &before).map_err(in_doubt)? {
                return Ok(as_answered(before));
            }
            // Whether it was made and then changed by another, or never made, cannot be told from here.
            let message = "The change may have been made: its answer was lost, and the record has been changed since.";
            return Err(in_doubt(Error::new(Code::PreconditionFailed, message)));
        }
        content.attestation.check_keys(&before).map_err(in_doubt)?;
        let Some(etag) = precondition.bound().or(before.text(&["etag"])).map(str::to_owned) else {
            let message = "The service's record has no etag, so it cannot be changed safely.";
            return Err(in_doubt(Error::new(Code::UnexpectedResponse, message)));
        };
        let mut record = before;
        for member in READ_ONLY {
            record.remove(&[member]);
        }
        content.apply(kind, change, &mut record).map_err(in_doubt)?;
        let answer = plane.put(kind, id, &record, Some(&etag)).await;
        match answer.result {
            Err(error) if error.code() == Code::PreconditionFailed && merge < MERGES => {
                if answer.lost_answer {
                    lost = Some(record);
                } else if precondition.bound().is_some() {
                    return Err(error);
                }
                context
                    .verbose(format!("412: {} is not as it was read; reading and merging again", target_of(kind, id)));
                tokio::time::sleep(Duration::from_millis(fastrand::u64(0..20 * u64::from(merge)))).await;
            }
            result => return result.map_err(in_doubt),
        }
    }
    unreachable!("the last merge returns")
}

/// Removes one record by its id, or every record of the service.
pub async fn remove(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Remove {
        all: bool,
        pass_thru: bool,
    }
    let mut common: Common = request.take()?;
    let id = take_id(kind, &mut request)?;
    let precondition: Precondition = request.take()?;
    let Remove { all, pass_thru } = request.take()?;
    request.finish()?;
    let target = common.target()?;
    precondition.check()?;
    let id = match (id, all) {
        (Some(_), true) => {
            return Err(Error::argument("all", format!("all and {} exclude each other.", kind.id_member())));
        }
        (None, false) => {
            let message = format!("Say which {} to remove ({}), or all.", kind.noun(), kind.id_member());
            return Err(Error::argument(kind.id_member(), message));
        }
        (None, true) if precondition.etag.is_some() => {
            return Err(Error::argument("etag", "An etag is one record's; it does not go with all."));
        }
        (id, _) => id,
    };

    let find = async {
        let plane = data_plane(target, None, context).await?;
        match id {
            Some(id) => Ok((plane, vec![id])),
            None => {
                let ids = all_ids(&plane, kind).await?;
                Ok((plane, ids))
            }
        }
    };
    let (plane, ids) = find.await.map_err(|error: Error| error.with_target(kind.collection()))?;
    let total = ids.len() as u64;
    for (done, id) in (0..).zip(&ids) {
        if all {
            let activity = format!("Removing {}", kind.collection());
            let progress = Progress { activity, status: id.clone(), completed_items: done, total_items: Some(total) };
            context.emit(Event::Progress(progress)).await?;
        }
        match plane.remove(kind, id, precondition.bound()).await {
            Ok(removed) if removed && pass_thru => context.item(Value::Bool(true)).await?,
            Ok(_) => {}
            // Another may have removed it since the list was read: it is gone, as was asked.
            Err(error) if all && error.code() == Code::NotFound => {}
            Err(error) if error.is_terminating() => return Err(error.with_target(target_of(kind, id))),
            Err(error) => context.emit(Event::Error(error.with_target(target_of(kind, id)))).await?,
        }
    }
    Ok(())
}

async fn all_ids(plane: &DataPlane<'_>, kind: EnrollmentKind) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut continuation: Option<String> = None;
    loop {
        let page = plane.query(List::Enrollments(kind), None, continuation.as_deref()).await?;
        ids.extend(page.records.iter().filter_map(|record| record.text(&[kind.id_member()])).map(str::to_owned));
        continuation = page.continuation;
        if continuation.is_none() {
            return Ok(ids);
        }
    }
}

/// What a record that was written must have when it is read back: a certificate comes back as its thumbprint, and the
/// etag is a new one.
fn expected(kind: EnrollmentKind, written: &Record, attestation: &Attestation) -> Record {
    let mut expected = written.clone();
    expected.remove(&["etag"]);
    for (slot, certificate) in attestation.certificates() {
        let info = json!({"info": {"sha256Thumbprint": certificate.sha256_thumbprint}});
        expected.set(&["attestation", "x509", kind.certificates_member(), slot.wire()], info);
    }
    expected
}

/// Whether `whole` has everything that `part` has.
fn holds(whole: &Record, part: &Record) -> bool {
    fn members(whole: &Members, part: &Members) -> bool {
        part.iter().all(|(name, value)| match (whole.get(name), value) {
            (Some(Value::Object(whole)), Value::Object(part)) => members(whole, part),
            // The service leaves out what is null.
            (None, Value::Null) => true,
            (found, value) => found == Some(value),
        })
    }
    members(&whole.0, &part.0)
}

/// Whether a record was made since `begun`, by the service's own clock, and has not been changed.
fn is_younger(record: &Record, begun: Option<SystemTime>) -> bool {
    let (Some(created), Some(begun)) = (record.text(&["createdDateTimeUtc"]), begun) else { return false };
    let date = OffsetDateTime::parse(created, &Rfc3339);
    record.text(&["lastUpdatedDateTimeUtc"]) == Some(created) && date.is_ok_and(|date| SystemTime::from(date) >= begun)
}

/// A record that was read, as the answer to its write would have been.
fn as_answered(mut record: Record) -> Record {
    record.remove(&["registrationState"]);
    record
}

/// A record with its symmetric keys, which a plain read leaves out.
async fn whole(plane: &DataPlane<'_>, kind: EnrollmentKind, id: &str) -> Result<Record> {
    let mut record = plane.get(kind, id).await?;
    if is_symmetric(&record) {
        let mechanism = plane.attestation_mechanism(kind, id).await?;
        if let Some(keys) = mechanism.get(&["symmetricKey"]) {
            record.set(&["attestation", "symmetricKey"], keys.clone());
        }
    }
    Ok(record)
}

fn is_symmetric(record: &Record) -> bool {
    record.text(TYPE).and_then(AttestationType::parse) == Some(AttestationType::SymmetricKey)
}

fn warn_of_certificates(kind: EnrollmentKind, id: &str, attestation: &Attestation, context: &Context) {
    for (slot, certificate) in attestation.certificates() {
        let parameter = format!("{}Certificate", slot.wire());
        if certificate.others > 0 {
            let others = certificate.others;
            context.warning(format!("{parameter} holds {others} more certificates; the first one is used."));
        }
        if let Some(name) = &certificate.common_name
            && kind == EnrollmentKind::Individual
            && !name.eq_ignore_ascii_case(id)
        {
            let text = format!(
                "The certificate's common name is '{name}': a device can register as '{id}' only with a certificate of that name."
            );
            context.warning(text);
        }
    }
}

fn take_id(kind: EnrollmentKind, request: &mut Request) -> Result<Option<String>> {
    let id = match kind {
        EnrollmentKind::Individual => request.take::<Individual>()?.registration_id,
        EnrollmentKind::Group => request.take::<GroupId>()?.one()?,
    };
    if let Some(id) = &id {
        check_id(kind, id)?;
    }
    Ok(id)
}

/// The id, which is asked for only after all members are known to be right: a misspelt one is then named as such.
fn required(kind: EnrollmentKind, id: Option<String>) -> Result<String> {
    id.ok_or_else(|| Error::argument(kind.id_member(), format!("{} is required.", kind.id_member())))
}

fn target_of(kind: EnrollmentKind, id: &str) -> String {
    Collection::from(kind).target(id)
}
