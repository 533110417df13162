//! Passwords that whoever guesses tries first.
//!
//! Few rules, which somebody who means well does not notice; what they let through is not therefore
//! good. How often may be guessed is [`crate::sign_in`]'s.

/// Words that are no password, whatever digits and marks stand around them.
const WORDS: [&str; 42] = [
    "abc",
    "abcdef",
    "abcdefg",
    "abcdefghij",
    "admin",
    "administrator",
    "asdf",
    "asdfgh",
    "asdfghjkl",
    "baseball",
    "batman",
    "bellhop",
    "changeme",
    "default",
    "dragon",
    "football",
    "iloveyou",
    "letmein",
    "login",
    "master",
    "monkey",
    "mypassword",
    "pass",
    "passw",
    "password",
    "passwords",
    "princess",
    "qazwsx",
    "qazwsxedc",
    "qwe",
    "qwer",
    "qwert",
    "qwerty",
    "qwertyuiop",
    "secret",
    "starwars",
    "sunshine",
    "superman",
    "welcome",
    "zxcvbnm",
    "비밀번호",
    "사랑해",
];
/// A password has so many different characters at least.
const DIFFERENT: usize = 5;
/// A password without letters has so many characters at least: a telephone number has fewer.
const WITHOUT_LETTERS: usize = 16;

/// Whether it is guessed first of somebody with this address and this name.
pub(super) fn is_guessable(password: &str, email: &str, name: &str) -> bool {
    let password = password.to_lowercase();
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    let bare = letters(&password);
    // Letters that are written as what looks like them, with and without what follows the word.
    let word = password.trim_end_matches(|c: char| !c.is_alphabetic());
    let meant = [&*password, word].map(|text| text.chars().map(looks_like).collect::<String>());
    let mailbox = email.rsplit_once('@').map_or(email, |(mailbox, _)| mailbox);
    let own = [email, mailbox, name].map(|own| letters(&own.to_lowercase()));
    different.len() < DIFFERENT
        || (bare.is_empty() && password.chars().count() < WITHOUT_LETTERS)
        || [bare, letters(&meant[0]), letters(&meant[1])]
            .iter()
            .any(|bare| !bare.is_empty() && (WORDS.contains(&bare.as_str()) || own.contains(bare)))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).collect()
}

fn looks_like(c: char) -> char {
    match c {
        '@' | '4' => 'a',
        '0' => 'o',
        '$' | '5' => 's',
        '3' => 'e',
        '!' => 'i',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_input_what_is_guessed_first_is_known_and_what_is_not_is_left_alone() {
        let guessed = |password: &str| is_guessable(password, "mina.kim@shop.example", "Mina Kim");
        for password in [
            "Password1234",
            "p@ssw0rd!!!!",
            "qwertyuiop",
            "1234567890",
            "010-1234-5678",
            "aaaaaaaaaaaa",
            "abababababab",
            "mina.kim@shop.example",
            "MinaKim2026!",
            "비밀번호123456",
            "!!!!!!!!!!!!",
        ] {
            assert!(guessed(password), "{password}");
        }
        for password in [
            "moon jar and celadon",
            "나는 오늘 달항아리를 샀다",
            "mina likes her kiln",
            "correcthorse",
            "8f14e45fceea167a",
            "3141592653589793",
            "password of the tea house",
        ] {
            assert!(!guessed(password), "{password}");
        }
        assert!(!is_guessable("correcthorse", "", ""), "nobody is called nothing");
    }
}
