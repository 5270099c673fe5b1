//! The texts that MQTT carries: the user name, the topics of requests and of answers.

use crate::emulator::response::Response;

/// What a message asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Register,
    Status { operation: String },
}

/// Resource and parameters of a user name: `{idScope}/registrations/{id}/api-version=…&ClientVersion=…`.
pub(super) fn user(name: &str) -> Option<(&str, Vec<(String, String)>)> {
    let (at, _) = name.match_indices('/').nth(2)?;
    let (resource, parameters) = name.split_at(at);
    Some((resource, form_urlencoded::parse(parameters.trim_start_matches('/').as_bytes()).into_owned().collect()))
}

/// What the topic of a message asks for, and the request id, as it was sent, that the answer repeats.
pub(super) fn parse(topic: &str) -> Option<(Asked, &str)> {
    let (path, query) = topic.strip_prefix("$dps/registrations/")?.split_once("/?")?;
    let request_id = query.split('&').find_map(|parameter| parameter.strip_prefix("$rid="))?;
    let asked = match path {
        "PUT/iotdps-register" => Asked::Register,
        "GET/iotdps-get-operationstatus" => {
            let mut parameters = form_urlencoded::parse(query.as_bytes());
            let (_, operation) = parameters.find(|(name, _)| name == "operationId")?;
            Asked::Status { operation: operation.into_owned() }
        }
        _ => return None,
    };
    Some((asked, request_id)).filter(|(_, request_id)| !request_id.is_empty())
}

/// The topic of `answer`.
pub(super) fn of(answer: &Response, request_id: &str) -> String {
    let mut topic = format!("$dps/registrations/res/{}/?$rid={request_id}", answer.status);
    if let Some(seconds) = answer.get_header("Retry-After") {
        topic += &format!("&retry-after={seconds}");
    }
    topic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_has_a_resource_and_parameters() {
        let (resource, parameters) =
            user("0ne1/registrations/dev-1/api-version=2019-03-31&ClientVersion=a%2Fb").unwrap();
        assert_eq!(resource, "0ne1/registrations/dev-1");
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        assert_eq!(parameters, [("api-version", "2019-03-31"), ("ClientVersion", "a/b")].map(owned));
        assert!(user("0ne1/registrations/dev-1").is_none() && user("").is_none());
    }

    #[test]
    fn a_topic_asks_for_one_of_two_things() {
        assert_eq!(parse("$dps/registrations/PUT/iotdps-register/?$rid=a%20b"), Some((Asked::Register, "a%20b")));
        let status = Asked::Status { operation: "4.1".to_owned() };
        assert_eq!(
            parse("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=4.1"),
            Some((status, "2"))
        );
        for other in [
            "$dps/registrations/PUT/iotdps-register/",
            "$dps/registrations/PUT/iotdps-register/?rid=1",
            "$dps/registrations/PUT/iotdps-register/?$rid=",
            "$dps/registrations/GET/iotdps-register/?$rid=1",
            "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=1",
            "devices/d/messages/events/",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn an_answer_says_when_to_ask_again() {
        assert_eq!(of(&Response::empty(200), "1"), "$dps/registrations/res/200/?$rid=1");
        let later = Response::empty(202).header("Retry-After", "3");
        assert_eq!(of(&later, "x"), "$dps/registrations/res/202/?$rid=x&retry-after=3");
    }
}
