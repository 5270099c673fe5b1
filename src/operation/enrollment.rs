//! Enrollments and enrollment groups: one shape of operation for both kinds.

use super::allocation::Allocation;
use super::attestation::Attestation;
use super::settings::{DeviceSettings, Settings, check_id};
use super::{Common, Event, Progress, Request};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::model::{AttestationType, EnrollmentKind, Record, Word};
use crate::present::enrollment as present;
use crate::service::DataPlane;
use crate::target::Target;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

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

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Group {
    enrollment_group_id: Option<String>,
}

/// All that a caller may give of a record's content.
#[derive(Debug)]
struct Content {
    attestation: Attestation,
    allocation: Allocation,
    settings: Settings,
    device: DeviceSettings,
}

/// Which version of a record a write is for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Precondition {
    etag: Option<String>,
    force: bool,
}

impl Content {
    fn take(kind: EnrollmentKind, request: &mut Request) -> Result<Self> {
        let device = match kind {
            EnrollmentKind::Individual => request.take()?,
            EnrollmentKind::Group => DeviceSettings::default(),
        };
        Ok(Self { attestation: request.take()?, allocation: request.take()?, settings: request.take()?, device })
    }
}

impl Precondition {
    fn check(&self) -> Result<()> {
        match &self.etag {
            Some(_) if self.force => Err(Error::argument("force", "etag and force exclude each other.")),
            Some(etag) if etag.trim().is_empty() || etag.contains(|c: char| c.is_control()) => {
                Err(Error::argument("etag", "The etag is empty or holds control characters."))
            }
            _ => Ok(()),
        }
    }

    /// The etag that a write is bound to whatever the record says; `*` is any.
    fn bound(&self) -> Option<&str> {
        if self.force { Some("*") } else { self.etag.as_deref() }
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
        let plane = data_plane(target, context).await?;
        let mut record = plane.get(kind, &id).await?;
        if show_key {
            if is_symmetric(&record) {
                add_keys(&plane, kind, &id, &mut record).await?;
            } else {
                context.warning(format!("{}: only a symmetric key can be shown.", path(kind, &id))).await;
            }
        }
        Ok(record)
    };
    let record = read.await.map_err(|error: Error| error.with_target(path(kind, &id)))?;
    context.item(present(kind, common.shape, record)).await
}

/// Reads all records, a page at a time and no page before the host has taken the one before the last.
pub async fn list(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct List {
        top: Option<u64>,
        page_size: Option<u64>,
    }
    let mut common: Common = request.take()?;
    let List { top, page_size } = request.take()?;
    request.finish()?;
    for (count, parameter) in [(top, "top"), (page_size, "pageSize")] {
        if count == Some(0) {
            return Err(Error::argument(parameter, format!("{parameter} is at least 1.")));
        }
    }
    let target = common.target()?;

    let read = async {
        let plane = data_plane(target, context).await?;
        let mut left = top;
        let mut continuation: Option<String> = None;
        loop {
            let count = [left, page_size].into_iter().flatten().min();
            let page = plane.query(kind, count, continuation.as_deref()).await?;
            let wanted = left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
            let records: Vec<Value> =
                page.records.into_iter().take(wanted).map(|record| present(kind, common.shape, record)).collect();
            left = left.map(|left| left - records.len() as u64);
            if !records.is_empty() {
                context.emit(Event::Items(records)).await?;
            }
            continuation = page.continuation;
            if continuation.is_none() || left == Some(0) {
                return Ok(());
            }
        }
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
    content.settings.check()?;
    content.device.check()?;

    let mut record = Record::default();
    record.set(&[kind.id_member()], id.as_str());
    content.device.apply(&mut record);
    content.attestation.apply_new(kind, attestation_type, &mut record);
    Settings::apply_defaults(&mut record);
    content.settings.apply(&mut record);
    content.allocation.apply(&mut record)?;
    warn_of_certificates(kind, &id, &content.attestation, context).await;

    let write = async {
        let plane = data_plane(target, context).await?;
        let answer = plane.put(kind, &id, &record, None).await;
        match answer.result {
            Err(error) if error.code() == Code::AlreadyExists && answer.lost_answer => {
                recognise(&plane, kind, &id, &record, &content.attestation).await?.ok_or(error)
            }
            result => result,
        }
    };
    let created = write.await.map_err(|error: Error| error.with_target(path(kind, &id)))?;
    context.item(present(kind, common.shape, created)).await
}

/// Changes a record: what was given is merged onto what the service has, and written only if nobody else wrote in
/// between; else it is merged anew.
pub async fn set(kind: EnrollmentKind, mut request: Request, context: &Context) -> Result<()> {
    let mut common: Common = request.take()?;
    let id = take_id(kind, &mut request)?;
    let mut content = Content::take(kind, &mut request)?;
    let precondition: Precondition = request.take()?;
    request.finish()?;
    let id = required(kind, id)?;
    let target = common.target()?;
    precondition.check()?;
    content.attestation.check(&common.working_directory)?;
    content.allocation.check()?;
    content.settings.check()?;
    content.device.check()?;
    warn_of_certificates(kind, &id, &content.attestation, context).await;

    let write = async {
        let plane = data_plane(target, context).await?;
        merge(&plane, kind, &id, &content, &precondition, context).await
    };
    let changed = write.await.map_err(|error: Error| error.with_target(path(kind, &id)))?;
    context.item(present(kind, common.shape, changed)).await
}

async fn merge(
    plane: &DataPlane<'_>,
    kind: EnrollmentKind,
    id: &str,
    content: &Content,
    precondition: &Precondition,
    context: &Context,
) -> Result<Record> {
    let mut own_write_may_have_landed = false;
    for merge in 1.. {
        let mut record = plane.get(kind, id).await?;
        if is_symmetric(&record) {
            // A record that is sent without its keys gets new ones.
            add_keys(plane, kind, id, &mut record).await?;
        }
        let before = record.clone();
        content.attestation.apply(kind, &mut record)?;
        content.allocation.apply(&mut record)?;
        content.settings.apply(&mut record);
        content.device.apply(&mut record);
        if own_write_may_have_landed && record == before {
            return Ok(record);
        }
        let Some(etag) = precondition.bound().or(before.text(&["etag"])).map(str::to_owned) else {
            let message = "The service's record has no etag, so it cannot be changed safely.";
            return Err(Error::new(Code::UnexpectedResponse, message));
        };
        for member in READ_ONLY {
            record.remove(&[member]);
        }
        let answer = plane.put(kind, id, &record, Some(&etag)).await;
        own_write_may_have_landed |= answer.lost_answer;
        match answer.result {
            Err(error) if error.code() == Code::PreconditionFailed => {
                let stale = precondition.bound().is_some() && !own_write_may_have_landed;
                if stale || merge == MERGES {
                    return Err(error);
                }
                context.verbose(format!("412: {} was changed by another; merging again", path(kind, id))).await;
                tokio::time::sleep(Duration::from_millis(fastrand::u64(0..20 * u64::from(merge)))).await;
            }
            result => return result,
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
        let plane = data_plane(target, context).await?;
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
        match remove_one(&plane, kind, id, precondition.bound()).await {
            Ok(()) if pass_thru => context.item(Value::Bool(true)).await?,
            Ok(()) => {}
            // Another may have removed it since the list was read: it is gone, as was asked.
            Err(error) if all && error.code() == Code::NotFound => {}
            Err(error) => context.emit(Event::Error(error.with_target(path(kind, id)))).await?,
        }
    }
    Ok(())
}

async fn remove_one(plane: &DataPlane<'_>, kind: EnrollmentKind, id: &str, etag: Option<&str>) -> Result<()> {
    let answer = plane.delete(kind, id, etag).await;
    match answer.result {
        // Gone, after an attempt of our own whose answer was lost: that was us.
        Err(error) if error.code() == Code::NotFound && answer.lost_answer => Ok(()),
        result => result,
    }
}

async fn all_ids(plane: &DataPlane<'_>, kind: EnrollmentKind) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut continuation: Option<String> = None;
    loop {
        let page = plane.query(kind, None, continuation.as_deref()).await?;
        ids.extend(page.records.iter().filter_map(|record| record.text(&[kind.id_member()])).map(str::to_owned));
        continuation = page.continuation;
        if continuation.is_none() {
            return Ok(ids);
        }
    }
}

/// The record under `id`, if it is the one that an earlier attempt to create `sent` made.
async fn recognise(
    plane: &DataPlane<'_>,
    kind: EnrollmentKind,
    id: &str,
    sent: &Record,
    attestation: &Attestation,
) -> Result<Option<Record>> {
    let mut found = plane.get(kind, id).await?;
    if is_symmetric(&found) {
        add_keys(plane, kind, id, &mut found).await?;
    }
    let untouched = found.text(&["createdDateTimeUtc"]) == found.text(&["lastUpdatedDateTimeUtc"]);
    let slots = ["primary", "secondary"].map(|slot| ["attestation", "x509", kind.certificates_member(), slot]);
    let same_certificates = attestation.certificates().all(|(parameter, certificate)| {
        let [certificates, x509, member, slot] = if parameter == "primaryCertificate" { slots[0] } else { slots[1] };
        found.text(&[certificates, x509, member, slot, "info", "sha256Thumbprint"])
            == Some(certificate.sha256_thumbprint.as_str())
    });
    let mut asked = sent.clone();
    asked.remove(&["attestation", "x509", kind.certificates_member()]);
    let ours = untouched && same_certificates && holds(&Value::Object(found.0.clone()), &Value::Object(asked.0));
    found.remove(&["registrationState"]);
    Ok(ours.then_some(found))
}

/// Whether `whole` has everything that `part` has.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|found| holds(found, value)))
        }
        (whole, part) => whole == part,
    }
}

async fn add_keys(plane: &DataPlane<'_>, kind: EnrollmentKind, id: &str, record: &mut Record) -> Result<()> {
    let mechanism = plane.attestation_mechanism(kind, id).await?;
    if let Some(keys) = mechanism.get(&["symmetricKey"]) {
        record.set(&["attestation", "symmetricKey"], keys.clone());
    }
    Ok(())
}

fn is_symmetric(record: &Record) -> bool {
    record.text(TYPE).and_then(AttestationType::parse) == Some(AttestationType::SymmetricKey)
}

async fn warn_of_certificates(kind: EnrollmentKind, id: &str, attestation: &Attestation, context: &Context) {
    for (parameter, certificate) in attestation.certificates() {
        if certificate.others > 0 {
            let others = certificate.others;
            context.warning(format!("{parameter} holds {others} more certificates; the first one is used.")).await;
        }
        if let Some(name) = &certificate.common_name
            && kind == EnrollmentKind::Individual
            && !name.eq_ignore_ascii_case(id)
        {
            let text = format!(
                "The certificate's common name is '{name}': a device can register as '{id}' only with a certificate of that name."
            );
            context.warning(text).await;
        }
    }
}

fn take_id(kind: EnrollmentKind, request: &mut Request) -> Result<Option<String>> {
    let id = match kind {
        EnrollmentKind::Individual => request.take::<Individual>()?.registration_id,
        EnrollmentKind::Group => request.take::<Group>()?.enrollment_group_id,
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

async fn data_plane(target: Option<Target>, context: &Context) -> Result<DataPlane<'_>> {
    let target = target.or_else(|| context.connection().default_target.clone()).ok_or_else(|| {
        let ways = "resourceGroupName and dpsName, resourceId, hostName, or connectionString";
        Error::new(
            Code::NotConnected,
            format!("Which provisioning service? Name it by {ways}, or connect to one first."),
        )
    })?;
    Ok(DataPlane::new(context, target.resolve(context).await?))
}

/// What an error says it was about.
fn path(kind: EnrollmentKind, id: &str) -> String {
    let noun = match kind {
        EnrollmentKind::Individual => "enrollment",
        EnrollmentKind::Group => "enrollmentGroup",
    };
    format!("{noun}/{id}")
}
