//! What a browser says of itself, read as far as an agent wants to know it: browser with its main
//! version, operating system. Unknown ones are left empty rather than guessed.

/// Browsers by the mark they carry; those that pretend to be another come before it.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chromium"),
    ("Chrome/", "Chromium"),
];

/// Operating systems by the mark they carry; Android says "Linux" too.
const PLATFORMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// Browser and platform of a `User-Agent` header.
pub(crate) fn read(header: &str) -> (String, String) {
    let marked = BROWSERS.iter().find_map(|(mark, name)| named(header, mark, name));
    let safari = || {
        let version = named(header, "Version/", "Safari")?;
        header.contains("Safari/").then_some(version)
    };
    let browser = marked.or_else(safari).unwrap_or_default();
    let platform = PLATFORMS.iter().find(|(mark, _)| header.contains(mark));
    (browser, platform.map(|(_, name)| (*name).to_owned()).unwrap_or_default())
}

/// The name and the main version after the mark.
fn named(header: &str, mark: &str, name: &str) -> Option<String> {
    let (_, after) = header.split_once(mark)?;
    let version: String = after.chars().take_while(char::is_ascii_digit).take(5).collect();
    Some(if version.is_empty() { name.to_owned() } else { format!("{name} {version}") })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[rstest::rstest]
    #[case(
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
        "Chromium 156",
        "Linux"
    )]
    #[case(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
        "Edge 140",
        "Windows"
    )]
    #[case(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
        "Safari 18",
        "macOS"
    )]
    #[case(
        "Mozilla/5.0 (Android 15; Mobile; rv:142.0) Gecko/142.0 Firefox/142.0",
        "Firefox 142",
        "Android"
    )]
    #[case("<script>alert(1)</script>", "", "")]
    fn r_051_browser_and_platform_are_read_or_left_empty(
        #[case] header: &str,
        #[case] browser: &str,
        #[case] platform: &str,
    ) {
        assert_eq!(read(header), (browser.to_owned(), platform.to_owned()));
    }
}
