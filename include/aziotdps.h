/* AzIoTDps: device enrollments of Azure IoT Hub Device Provisioning Service.
 *
 * Made from the sources by `cargo xtask header`; not edited by hand. docs/abi.md tells how the pieces go together.
 *
 *     aziotdps_session *session = aziotdps_session_new();
 *     aziotdps_operation *operation = aziotdps_enrollment_get(session, request, request_len);
 *     const char *json;
 *     aziotdps_event event;
 *     while ((event = aziotdps_operation_next(operation, 100, &json)) != AZIOTDPS_EVENT_END) {
 *         if (event < 0) break;
 *         if (event == AZIOTDPS_EVENT_ITEMS || event == AZIOTDPS_EVENT_ERROR) puts(json);
 *     }
 *     aziotdps_operation_free(operation);
 *     aziotdps_session_free(session);
 */

#ifndef AZIOTDPS_H
#define AZIOTDPS_H

#include <stddef.h>
#include <stdint.h>

/*
 What aziotdps_operation_next returns. Negative: an error of the call; the operation is not changed.
 */
enum aziotdps_event
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /*
   An internal error in this call. The library stays usable.
   */
  AZIOTDPS_EVENT_PANIC = -3,
  /*
   Another thread is already waiting for this operation's next event.
   */
  AZIOTDPS_EVENT_BUSY = -2,
  /*
   The operation or json_out is NULL.
   */
  AZIOTDPS_EVENT_NULL_POINTER = -1,
  /*
   Nothing happened within the timeout.
   */
  AZIOTDPS_EVENT_PENDING = 0,
  /*
   The progress: {"activity", "status", "completedItems", "totalItems"}.
   */
  AZIOTDPS_EVENT_PROGRESS = 1,
  /*
   A line for a log: {"level": "warning" | "verbose" | "debug", "text"}. Never holds a secret.
   */
  AZIOTDPS_EVENT_MESSAGE = 2,
  /*
   An array of output records: a page, a batch, or one.
   */
  AZIOTDPS_EVENT_ITEMS = 3,
  /*
   An error: {"code", "category", "message", "target", "parameter", "terminating", "retryable", "outcome",
   "attempts", "http", "causes", "help"}. The operation goes on unless the end follows.
   */
  AZIOTDPS_EVENT_ERROR = 4,
  /*
   The operation is over. Every later call returns it again.
   */
  AZIOTDPS_EVENT_END = 5,
  /*
   Which service the records are from that follow: {"hostName", "resourceId"}; no resourceId if the request named the
   service by its host or a connection string.
   */
  AZIOTDPS_EVENT_ORIGIN = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum aziotdps_event aziotdps_event;
#else
typedef int32_t aziotdps_event;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 A running operation. Opaque.

 A function that returns one starts it and returns at once. All of them have these parameters in common:

 - session – not NULL.
 - request, request_len – a JSON object in UTF-8, which is copied. The comment of each function lists its members;
   "common" stands for target (which service; the session's default service if absent), shape ("az", the default, or
   "powershell"), workingDirectory (where relative paths start), deadlineSeconds (for the whole operation) and
   maximumAttempts (for one request).

 Returns: an operation, also for an invalid request, which its error event reports. NULL only for a NULL session.
 Ownership: the operation is the caller's, until aziotdps_operation_free.
 Threads: any.
 Safety: session is NULL or a live session; request is NULL or points to request_len readable bytes.

 Call aziotdps_operation_next until it returns AZIOTDPS_EVENT_END, then aziotdps_operation_free. It may be freed
 earlier, which cancels it.
 */
typedef struct aziotdps_operation aziotdps_operation;

/*
 A session: the connection, cached look-ups and threads that operations share. Opaque.

 Any number of threads may start operations on one session at once. It is counted: parts of a host that share one each
 retain it and release it, and the last release frees it.
 */
typedef struct aziotdps_session aziotdps_session;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 The version of this ABI: major in the upper 16 bits, minor in the lower. A host works with every library of its own
 major version (while that is 0: of its own minor version too).

 Threads: any.
 */
uint32_t aziotdps_abi_version(void);

/*
 The version of the library, such as "0.1.0". Static text, never freed.

 Threads: any.
 */
const char *aziotdps_version(void);

/*
 Creates a session that is not connected: requests with a connection string work, others need aziotdps_session_connect
 first.

 Returns: the session, or NULL if the system has no memory or threads left.
 Ownership: the caller's, until aziotdps_session_release.
 Threads: any.
 */
aziotdps_session *aziotdps_session_new(void);

/*
 Takes a share of a session. Each share is released once.

 Parameters: session – NULL is fine.
 Threads: any.

 # Safety
 `session` is NULL or live.
 */
void aziotdps_session_retain(aziotdps_session *session);

/*
 Gives back a share of a session: that of aziotdps_session_new, or one of aziotdps_session_retain. The last one frees the
 session. Running operations go on: they keep what they need.

 Parameters: session – NULL is fine.
 Threads: any, once for each share, and no other call with this share at the same time.

 # Safety
 `session` is NULL or live, and the caller has a share of it.
 */
void aziotdps_session_release(aziotdps_session *session);

/*
 The same as aziotdps_session_release.

 Parameters: session – NULL is fine.
 Threads: any, once for each share, and no other call with this share at the same time.

 # Safety
 `session` is NULL or live, and the caller has a share of it.
 */
void aziotdps_session_free(aziotdps_session *session);

/*
 Ends the connection: the session forgets the account, its tokens, keys that were looked up, and the default service.
 Running operations keep theirs.

 Parameters: session – NULL is fine.
 Threads: any.

 # Safety
 `session` is NULL or live.
 */
void aziotdps_session_disconnect(const aziotdps_session *session);

/*
 Sets how errors and messages of operations that are started later name the members of requests, such as "-Top" or
 "--top" for top.

 Parameters: session – not NULL. names, names_len – a JSON object in UTF-8, which is copied: members (an object: the name
 of each member that it has), prefix (comes before the names of all other members), pascalCase (true: those begin with a
 capital letter).
 Returns: 1, or 0 if the session is NULL or names is not such an object; then the names stay as they were.
 Threads: any.

 # Safety
 `session` is NULL or live; `names` is NULL or points to `names_len` readable bytes.
 */
int32_t aziotdps_session_set_names(const aziotdps_session *session,
                                   const uint8_t *names,
                                   size_t names_len);

/*
 Connects the session: which account signs in, to which cloud, and which service is used by default. It replaces the
 previous connection; running operations keep theirs. A request with nothing but resourceGroupName and dpsName, dpsName or
 hostName changes the default service, and keeps the account.

 Members (all optional): connectionString; resourceGroupName, dpsName, hostName (the default service); emulator (true or its address); tenantId, clientId, clientSecret;
 accessToken, resourceManagerAccessToken; subscriptionId; authType ("key" or "login"); environment ("AzureCloud",
 "AzureUSGovernment", "AzureChinaCloud"); authorityHost, resourceManagerEndpoint, dataPlaneScope,
 dataPlaneApiVersion; caCertificate (PEM or a path); connectTimeoutSeconds, timeoutSeconds, maximumAttempts;
 workingDirectory (where relative paths start); shape (no effect).
 Records: what the session is connected with.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_session_connect(const aziotdps_session *session,
                                             const uint8_t *request,
                                             size_t request_len);

/*
 Reads one individual enrollment.

 Members: common; registrationId (required); showKey (true adds the symmetric keys); top, pageSize (refused: they are
 for lists).
 Records: the enrollment.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_enrollment_get(const aziotdps_session *session,
                                            const uint8_t *request,
                                            size_t request_len);

/*
 Reads all individual enrollments, a page at a time: the next page is requested when the events of the last one are
 taken.
 An error after the first records is terminating.

 Members: common; top (maximum number of records); pageSize; showKey (true is refused: keys are read one by one).
 Records: the enrollments.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_enrollment_list(const aziotdps_session *session,
                                             const uint8_t *request,
                                             size_t request_len);

/*
 Creates an individual enrollment. One that exists is not changed; the error is "AlreadyExists".

 Members: common; registrationId, attestationType ("Tpm", "X509" or "SymmetricKey") (required); deviceId;
 deviceInformation (object); endorsementKey, storageRootKey (base64); primaryKey, secondaryKey; primaryCertificate,
 secondaryCertificate (PEM, base64 or a path); primaryCAName, secondaryCAName; rootCertificate (no effect); tag,
 desired (objects); provisioningStatus; reprovisionPolicy; edgeEnabled; allocationPolicy, iotHub (array),
 iotHubHostName, webhookUrl, apiVersion; namespaceName, certificateAuthorityName, certificatePolicyName;
 checkOnly (true: nothing is written or returned; an error if the creation would be refused).
 Records: the enrollment as created, with its keys.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_enrollment_new(const aziotdps_session *session,
                                            const uint8_t *request,
                                            size_t request_len);

/*
 Changes an individual enrollment: only what the request gives. A change that somebody else makes at the same time is
 kept. A request without a new value is refused.

 Members: those of aziotdps_enrollment_new without attestationType; etag (only this version), force (any version);
 clear (array of member names); tagMerge, desiredMerge (JSON merge patches); swapKey (true), regenerateKey ("Primary"
 or "Secondary").
 Records: the enrollment as changed, with its keys.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_enrollment_set(const aziotdps_session *session,
                                            const uint8_t *request,
                                            size_t request_len);

/*
 Removes one individual enrollment, or all. Each error is an event of its own.

 Members: common; registrationId or all (true); etag (only this version), force (any version); passThru (true);
 checkOnly (true).
 Records: with passThru, true for each that was removed; for all in the shape "powershell" one true, if all were removed.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_enrollment_remove(const aziotdps_session *session,
                                               const uint8_t *request,
                                               size_t request_len);

/*
 Reads one enrollment group.

 Members: common; enrollmentGroupId or name (required); showKey (true adds the symmetric keys); top, pageSize (refused: they are
 for lists).
 Records: the group.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_enrollment_group_get(const aziotdps_session *session,
                                                  const uint8_t *request,
                                                  size_t request_len);

/*
 Reads all enrollment groups, a page at a time: the next page is requested when the events of the last one are taken.
 An error after the first records is terminating.

 Members: common; top (maximum number of records); pageSize; showKey (true is refused: keys are read one by one).
 Records: the groups.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_enrollment_group_list(const aziotdps_session *session,
                                                   const uint8_t *request,
                                                   size_t request_len);

/*
 Creates an enrollment group. One that exists is not changed; the error is "AlreadyExists".

 Members: common; enrollmentGroupId or name, attestationType ("X509" or "SymmetricKey") (required); endorsementKey,
 storageRootKey (base64; refused, since a group has no TPM); primaryKey, secondaryKey; primaryCertificate,
 secondaryCertificate (PEM, base64 or a path); primaryCAName, secondaryCAName; rootCertificate (no effect); tag,
 desired (objects); provisioningStatus; reprovisionPolicy; edgeEnabled; allocationPolicy, iotHub (array),
 iotHubHostName, webhookUrl, apiVersion; namespaceName, certificateAuthorityName, certificatePolicyName;
 checkOnly (true: nothing is written or returned; an error if the creation would be refused).
 Records: the group as created, with its keys.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_enrollment_group_new(const aziotdps_session *session,
                                                  const uint8_t *request,
                                                  size_t request_len);

/*
 Changes an enrollment group: only what the request gives. A change that somebody else makes at the same time is
 kept. A request without a new value is refused.

 Members: those of aziotdps_enrollment_group_new without attestationType; etag (only this version), force (any
 version); clear (array of member names); tagMerge, desiredMerge (JSON merge patches); swapKey (true), regenerateKey
 ("Primary" or "Secondary").
 Records: the group as changed, with its keys.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_enrollment_group_set(const aziotdps_session *session,
                                                  const uint8_t *request,
                                                  size_t request_len);

/*
 Removes one enrollment group, or all. Each error is an event of its own. Registrations of its devices stay.

 Members: common; enrollmentGroupId or name or all (true); etag (only this version), force (any version); passThru
 (true); checkOnly (true).
 Records: with passThru, true for each that was removed; for all in the shape "powershell" one true, if all were removed.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_enrollment_group_remove(const aziotdps_session *session,
                                                     const uint8_t *request,
                                                     size_t request_len);

/*
 Reads one registration, or all of an enrollment group, a page at a time.

 Members: common; registrationId or enrollmentId (a group); top, pageSize (with enrollmentId); query (no
 effect).
 Records: the registrations.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_registration_get(const aziotdps_session *session,
                                              const uint8_t *request,
                                              size_t request_len);

/*
 Removes one registration, or all of an enrollment group. The devices stay in their hubs and may provision again.

 Members: common; registrationId, or enrollmentId (a group) and all (true); etag (only this version), force (any
 version); passThru (true); checkOnly (true).
 Records: with passThru, true for each that was removed.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_registration_remove(const aziotdps_session *session,
                                                 const uint8_t *request,
                                                 size_t request_len);

/*
 Reads the attestation mechanism of an enrollment or a group, with its symmetric keys.

 Members: common; registrationId, or enrollmentGroupId or name.
 Records: the attestation mechanism.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_attestation_get(const aziotdps_session *session,
                                             const uint8_t *request,
                                             size_t request_len);

/*
 Derives the key of a device in a symmetric-key group: base64 of the HMAC-SHA256 of the registration id.

 Members: common; registrationId (required); symmetricKey (the group's key; nothing is requested), or
 enrollmentGroupId or name (the group's primary key is read).
 Records: the key, a text.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_device_key_derive(const aziotdps_session *session,
                                               const uint8_t *request,
                                               size_t request_len);

/*
 Registers a device as the device itself would, over HTTPS, and waits until it is assigned to a hub. A session that is not
 connected is enough where idScope and the proof of identity are given.

 Members: common; registrationId (required); idScope (absent: read from the service); provisioningHost; symmetricKey (the
 device's; absent: read from the service), computeKey (symmetricKey is the group's), enrollmentGroupId or name (the group
 whose key is read); certificate, privateKey, passphrase; payload.
 Records: the registration.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_device_register(const aziotdps_session *session,
                                             const uint8_t *request,
                                             size_t request_len);

/*
 Reads one provisioning service from Azure Resource Manager.

 Members: common.
 Records: the service.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_service_get(const aziotdps_session *session, const uint8_t *request, size_t request_len);

/*
 Reads the provisioning services of the subscription, or of a resource group, from Azure Resource Manager.

 Members: shape ("az" or "powershell"); resourceGroupName; deadlineSeconds; maximumAttempts.
 Records: the services.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_service_list(const aziotdps_session *session, const uint8_t *request, size_t request_len);

/*
 Reads the connection string of a provisioning service, or without a target those of every service of the
 subscription.

 Members: common (the session's default service does not apply); policyName (default provisioningserviceowner) or
 showAll (true); keyType ("primary" or "secondary"); resourceGroupName.
 Records: {"connectionString"}, or {"name", "connectionString"} for each service; in the shape "powershell" one for each
 policy: {"ResourceGroupName", "Name", "PolicyName", "ConnectionString"}.

 # Safety
 `session` and `request` are as aziotdps_operation requires.
 */
aziotdps_operation *aziotdps_service_connection_string(const aziotdps_session *session,
                                                       const uint8_t *request,
                                                       size_t request_len);

/*
 Waits for the operation's next event.

 Parameters: operation – not NULL. timeout_ms – 0 does not wait, UINT32_MAX waits without limit.
 json_out – not NULL; receives the event's JSON, NUL-terminated UTF-8, or NULL if the event has none.
 Returns: the event. See aziotdps_event for the JSON of each.
 Ownership: the text is the operation's. It is valid until the next call of this function or of
 aziotdps_operation_free with this operation.
 Threads: any, one at a time; a second one gets AZIOTDPS_EVENT_BUSY.

 # Safety
 `operation` is NULL or live; `json_out` is NULL or points to a writable pointer.
 */
aziotdps_event aziotdps_operation_next(aziotdps_operation *operation, uint32_t timeout_ms, const char **json_out);

/*
 Cancels an operation and returns at once. Unless the operation was over, its events end with an error "Cancelled",
 whose "outcome" says whether a change may have been made.

 Parameters: operation – NULL is fine.
 Threads: any, at any time before aziotdps_operation_free, any number of times.

 # Safety
 `operation` is NULL or live.
 */
void aziotdps_operation_cancel(aziotdps_operation *operation);

/*
 Frees an operation, and cancels it if it still runs. A request that was sent may still be carried out. Freeing the last
 operation of a freed session ends its threads, which may take up to two seconds.

 Parameters: operation – NULL is fine.
 Threads: any, once, and no other call with this operation at the same time.

 # Safety
 `operation` is NULL or came from one of the functions that start one, and was not freed.
 */
void aziotdps_operation_free(aziotdps_operation *operation);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* AZIOTDPS_H */
