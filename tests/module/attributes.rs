//! The attributes that turn what a caller has into what a parameter takes.

use crate::source::cmdlets;

/// Names that end like a secret's, of what is none.
const NO_SECRETS: [(&str, &str); 2] =
    [("EndorsementKey", "the public key of a TPM"), ("StorageRootKey", "the public key of a TPM")];

/// Without the attribute a SecureString becomes the text "System.Security.SecureString", and that is what is sent.
#[test]
fn a_secret_may_be_a_secure_string() {
    let mut secrets = 0;
    for cmdlet in cmdlets() {
        for parameter in &cmdlet.parameters {
            let name = parameter.name.as_str();
            let ends = ["Key", "ConnectionString", "Secret", "Token", "Password"].iter().any(|end| name.ends_with(end));
            // Not a switch, nor a word such as Primary.
            let is_text =
                ["string", "securestring"].contains(&parameter.type_name.as_str()) && parameter.accepted.is_none();
            let is_secret = ends && is_text && !NO_SECRETS.iter().any(|(other, _)| *other == name);
            let takes_both =
                parameter.type_name == "securestring" || parameter.transformations.contains(&"DpsSecret".to_owned());
            assert_eq!(takes_both, is_secret, "{} -{name}", cmdlet.name);
            secrets += usize::from(is_secret);
        }
    }
    assert!(secrets > 20, "only {secrets} found");
}

#[test]
fn parameters_of_one_kind_take_the_same() {
    for cmdlet in cmdlets() {
        for parameter in &cmdlet.parameters {
            let has = |name: &str| parameter.transformations.iter().any(|other| other == name);
            let label = format!("{} -{}", cmdlet.name, parameter.name);
            assert_eq!(has("DpsJsonInput"), parameter.type_name == "hashtable", "{label}");
            assert_eq!(
                has("DpsCertificate"),
                parameter.name.ends_with("Certificate") && parameter.type_name == "string",
                "{label}"
            );
            let place = parameter.place("ResourceSet");
            // A service by position lands here, and would become the text of its name.
            let takes_service = parameter.name == "ResourceGroupName"
                && place.is_some_and(|place| !place.mandatory && place.position == Some(0));
            assert_eq!(has("DpsServiceId"), takes_service, "{label}");
            let offers = ["ResourceGroupName", "DpsName", "IotHub", "IotHubHostName", "EnrollmentId"]
                .contains(&parameter.name.as_str());
            assert!(!offers || has("DpsCompleter"), "{label} offers nothing");
        }
    }
}
