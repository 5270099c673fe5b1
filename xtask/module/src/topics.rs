//! The topic about errors, from the page about them: `Get-Help` knows no Markdown, and a module that was installed has
//! no pages.

use std::fmt::Write;

const WIDTH: usize = 78;
const END: &str = "\nSEE ALSO\n";

/// The topic `text` with the sections of the page `troubleshooting` in it. What stands before the page's first code is the
/// topic's own: the codes that only PowerShell knows.
///
/// # Panics
/// When the topic has no such place.
pub fn errors(text: &str, troubleshooting: &str) -> String {
    let sections: Vec<(&str, &str)> =
        troubleshooting.split("\n## ").skip(1).filter_map(|section| section.split_once('\n')).collect();
    let (first, _) = sections.first().expect("the page has sections");
    let (own, rest) = text.split_once(&format!("\n  {first}\n")).expect("the topic has the page's first code");
    let (_, after) = rest.split_once(END).expect("the topic has an end");
    let mut topic = own.to_owned();
    for (code, section) in sections {
        // A String takes all that is written to it.
        let _ = writeln!(topic, "\n  {code}");
        for line in section.lines().filter(|line| !line.is_empty()).filter_map(for_powershell) {
            wrap(&mut topic, &line);
        }
    }
    format!("{topic}{END}{after}")
}

/// A line of the page as text, or nothing where it is for the program only.
fn for_powershell(line: &str) -> Option<String> {
    if line.starts_with("- Program: ") {
        return None;
    }
    let line = line.replace("- PowerShell: ", "- ").replace(['`', '*'], "").replace('…', "...");
    let mut text = String::new();
    let mut rest = line.as_str();
    // [words](address): the words.
    while let Some((before, link)) = rest.split_once('[') {
        let (words, after) = link.split_once("](").unwrap_or((link, ")"));
        text.push_str(before);
        text.push_str(words);
        rest = after.split_once(')').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    Some(text)
}

/// Adds `line` in lines that fit, indented by four, an item's by two more.
fn wrap(topic: &mut String, line: &str) {
    let further = if line.starts_with("- ") { "      " } else { "    " };
    let mut written = "    ".to_owned();
    for word in line.split_whitespace() {
        let has_words = !written.trim().is_empty();
        if has_words && written.len() + 1 + word.len() > WIDTH {
            let _ = writeln!(topic, "{written}");
            written = format!("{further}{word}");
        } else {
            if has_words {
                written.push(' ');
            }
            written.push_str(word);
        }
    }
    let _ = writeln!(topic, "{written}");
}
