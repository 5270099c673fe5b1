//! How texts name the members of a request.
//!
//! A text marks a member, as in `⟨top⟩ is at least 1.`; the host's user reads `-Top` or `--top` there. Without a table the
//! member's own name is shown.

use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

const OPEN: char = '⟨';
const CLOSE: char = '⟩';

/// The names of members that a host's users know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Names {
    /// What comes before the name of a member that is not in `members`.
    pub prefix: String,
    /// Whether such a name begins with a capital letter.
    pub pascal_case: bool,
    /// Names by member, as they are shown.
    pub members: BTreeMap<String, String>,
}

impl Names {
    /// The name of `member`. Of a path such as `target.hostName`, the last member counts.
    pub fn of<'a>(&'a self, member: &'a str) -> Cow<'a, str> {
        let member = member.rsplit('.').next().unwrap_or(member);
        if let Some(name) = self.members.get(member) {
            return name.into();
        }
        let first = member.get(..1).filter(|_| self.pascal_case).unwrap_or_default().to_ascii_uppercase();
        let rest = &member[first.len()..];
        if self.prefix.is_empty() && first.is_empty() {
            rest.into()
        } else {
            [&self.prefix, &first, rest].concat().into()
        }
    }

    /// `text` with the names of the members that it marks.
    pub fn render(&self, text: &str) -> String {
        let mut rendered = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            rendered.push_str(before);
            match after.split_once(CLOSE) {
                Some((member, following)) if is_member(member) => {
                    rendered.push_str(&self.of(member));
                    rest = following;
                }
                _ => {
                    rendered.push(OPEN);
                    rest = after;
                }
            }
        }
        rendered + rest
    }
}

fn is_member(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_member_is_shown_as_the_host_names_it() {
        let text = "⟨top⟩ is for a list, without ⟨enrollmentGroupId⟩ or ⟨target.hostName⟩.";
        let names = |json: &str| serde_json::from_str::<Names>(json).unwrap().render(text);
        assert_eq!(names("{}"), "top is for a list, without enrollmentGroupId or hostName.");
        assert_eq!(
            names(r#"{"prefix":"-","pascalCase":true,"members":{"enrollmentGroupId":"-Name"}}"#),
            "-Top is for a list, without -Name or -HostName."
        );
        assert_eq!(
            names(r#"{"members":{"top":"--top"}}"#),
            "--top is for a list, without enrollmentGroupId or hostName."
        );
    }

    #[test]
    fn what_only_looks_like_a_mark_stays() {
        for text in ["", "⟨", "⟩", "a⟨b c⟩", "⟨⟩", "⟨⟨ä⟩"] {
            assert_eq!(Names::default().render(text), text);
        }
        assert_eq!(Names::default().render("⟨ ⟨top⟩"), "⟨ top");
    }
}
