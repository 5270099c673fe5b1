//! Dispatch: which group a request is for.

use crate::emulator::auth::sign_in;
use crate::emulator::errors::{Result, bad_request, forbidden, host_not_found, not_implemented, too_large};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::server::{Handler, Traffic};
use crate::emulator::service::{Service, ServiceState, is_loopback};
use crate::emulator::state::State;
use crate::emulator::{admin, data_plane, device, resource_manager};
use std::sync::Arc;

/// Responds to all requests of an emulator.
pub(crate) struct Routes {
    pub(crate) state: Arc<State>,
    pub(crate) traffic: Arc<Traffic>,
}

impl Handler for Routes {
    fn respond(&self, request: &Request) -> Response {
        let state = &self.state;
        let host = request.header("host").unwrap_or_default();
        // DNS rebinding: another host name was made to resolve to this machine.
        if !is_loopback(host) {
            return forbidden("The emulator answers to loopback host names only.").into();
        }
        if !request.is_utf8 {
            return bad_request("The path is not UTF-8.").into();
        }
        let service = state.services.find(|service| service.has_host(host));
        if request.is_admin() {
            let service = service.as_ref().unwrap_or(state.services.development());
            return admin::respond(state, &self.traffic, service, request).unwrap_or_else(Response::from);
        }
        if let Some(response) = sign_in::respond(&state.tokens, request) {
            return response;
        }
        match request.path.lower().as_slice() {
            ["subscriptions" | "tenants" | "providers", ..] => resource_manager::respond(state, request),
            // The service's own header covers its subdomains too; those of localhost are other people's.
            _ => self
                .service_response(service.as_deref(), request)
                .unwrap_or_else(Response::from)
                .header("Strict-Transport-Security", "max-age=31536000"),
        }
    }

    fn has_host(&self, host: &str) -> bool {
        is_loopback(host)
    }

    fn is_quick(&self, request: &Request) -> bool {
        if request.is_admin() {
            return admin::is_quick(request);
        }
        data_plane::is_quick(request) && self.state.services.find(|service| !service.store.is_quick()).is_none()
    }

    /// A large body is for the data plane, from those who may call it, and for the admin calls.
    fn refuse(&self, request: &Request) -> Option<Response> {
        let host = request.header("host").unwrap_or_default();
        let service = self.state.services.find(|service| service.has_host(host));
        let admitted = match (&service, request.path.lower().as_slice()) {
            _ if request.is_admin() => Ok(()),
            (Some(service), ["enrollments" | "enrollmentgroups" | "registrations", ..]) => {
                data_plane::authorize(&self.state, service, request)
            }
            _ => Err(too_large()),
        };
        admitted.err().map(Response::from)
    }

    fn empty_page(&self, request: &Request) -> Option<Response> {
        data_plane::empty_page(request)
    }
}

impl Routes {
    /// The two planes of a service. The path of a device begins with its ID scope.
    fn service_response(&self, service: Option<&Service>, request: &Request) -> Result<Response> {
        match request.path.lower().as_slice() {
            ["enrollments" | "enrollmentgroups" | "registrations", ..] => {
                let active = service.filter(|service| service.state() != ServiceState::Activating);
                data_plane::respond(&self.state, active.ok_or_else(host_not_found)?, request)
            }
            [_, "registrations", _, ..] => device::https::respond(&self.state, request),
            _ => Err(not_implemented(request)),
        }
    }
}
