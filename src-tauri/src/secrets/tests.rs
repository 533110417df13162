//! The key store's ways to fail, and the passphrase in its place.

use super::{
    key_store::{KeyStore, Trouble},
    *,
};
use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

const PASSPHRASE: &str = "문을 여는 말 open sesame";

/// How the store of a test behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Well,
    Absent,
    Locked,
    Forgetful,
    Hanging,
}

struct Fake {
    mood: Mutex<Mood>,
    entries: Mutex<BTreeMap<String, String>>,
}

impl Fake {
    fn new(mood: Mood) -> Arc<Self> {
        Arc::new(Self { mood: Mutex::new(mood), entries: Mutex::default() })
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    fn turn(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn names(&self) -> Vec<String> {
        self.entries.lock().unwrap().keys().cloned().collect()
    }
}

impl KeyStore for Fake {
    fn status(&self) -> Result<(), Trouble> {
        match self.mood() {
            Mood::Absent => Err(Trouble::Absent { detail: "no bus".to_owned() }),
            Mood::Hanging => loop {
                std::thread::park();
            },
            _ => Ok(()),
        }
    }

    fn get(&self, entry: &str) -> Result<Option<Zeroizing<String>>, Trouble> {
        if self.mood() == Mood::Locked {
            return Err(Trouble::Locked { detail: "prompt dismissed".to_owned() });
        }
        Ok(self.entries.lock().unwrap().get(entry).cloned().map(Zeroizing::new))
    }

    fn set(&self, entry: &str, text: &str) -> Result<(), Trouble> {
        if self.mood() != Mood::Forgetful {
            self.entries.lock().unwrap().insert(entry.to_owned(), text.to_owned());
        }
        Ok(())
    }
}

async fn open_in(dir: &Path, fake: &Arc<Fake>) -> Result<Opened, SecretsError> {
    let store: Arc<dyn KeyStore> = Arc::<Fake>::clone(fake);
    open_with(dir, Access::to(store, Duration::from_millis(200))).await
}

async fn keys_in(dir: &Path, fake: &Arc<Fake>) -> Keys {
    match open_in(dir, fake).await.unwrap() {
        Opened::Keys(keys) => keys,
        Opened::NeedsPassphrase { choose } => panic!("wants a passphrase (choose: {choose})"),
    }
}

async fn unlock_in(dir: &Path, passphrase: &str) -> Result<Keys, SecretsError> {
    unlock_with(dir, passphrase.to_owned(), vault::Cost::LEAST).await
}

fn store_something(dir: &Path) {
    fs::create_dir_all(dir.join("cache")).unwrap();
    fs::write(dir.join("cache/cache.db"), b"encrypted").unwrap();
}

/// Everything in the files of `dir`.
fn all_bytes(dir: &Path) -> Vec<u8> {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).flat_map(|path| fs::read(path).unwrap()).collect()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn s7_the_key_store_holds_the_one_key_and_gives_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::new(Mood::Well);
    let first = keys_in(dir.path(), &fake).await;
    store_something(dir.path());
    let again = keys_in(dir.path(), &fake).await;
    assert_eq!(first.journal(), again.journal());
    assert_eq!(*first.master, *again.master);
    assert_ne!(first.journal(), *first.master);
    assert_ne!(first.journal(), *derived(&first.master, "cache"));
    assert_eq!(fake.names().len(), 1);
    assert!(all_bytes(dir.path()).is_empty(), "nothing of it is in the data directory");
}

#[tokio::test]
async fn s7_two_data_directories_have_two_keys() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let fake = Fake::new(Mood::Well);
    let one = keys_in(one.path(), &fake).await;
    let other = keys_in(other.path(), &fake).await;
    assert_ne!(one.journal(), other.journal());
}

#[tokio::test]
async fn s7_a_token_is_kept_for_its_account_in_the_key_store_alone() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::new(Mood::Well);
    let mut keys = keys_in(dir.path(), &fake).await;
    assert_eq!(keys.token("w1").await.unwrap(), None);
    keys.set_token("w1", "tok-1").await.unwrap();
    keys.set_token("ws://elsewhere:1/agent", "tok-2").await.unwrap();
    keys.set_token("w1", "tok-3").await.unwrap();
    let keys = keys_in(dir.path(), &fake).await;
    assert_eq!(keys.token("w1").await.unwrap().as_deref(), Some("tok-3"));
    assert_eq!(keys.token("ws://elsewhere:1/agent").await.unwrap().as_deref(), Some("tok-2"));
    assert!(all_bytes(dir.path()).is_empty());
}

#[tokio::test]
async fn law_11_files_without_their_key_never_get_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    store_something(dir.path());
    let fake = Fake::new(Mood::Well);
    let error = open_in(dir.path(), &fake).await.unwrap_err();
    assert!(matches!(error, SecretsError::KeyMissing { .. }), "{error:?}");
    assert_eq!(fake.names(), [] as [&str; 0]);
    let StuckProblem::KeyMissing { path, detail } = error.into_problem(dir.path()) else {
        panic!("another problem");
    };
    assert_eq!(path, dir.path().display().to_string());
    assert!(detail.contains("net.bellhop.desktop"), "{detail}");
    // Neither does a passphrase make one.
    let error = unlock_in(dir.path(), PASSPHRASE).await.unwrap_err();
    assert!(matches!(error, SecretsError::Vault { .. }), "{error:?}");
    assert!(!vault::path(dir.path()).exists());
}

#[tokio::test]
async fn s7_a_key_store_that_went_away_is_waited_for_and_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::new(Mood::Well);
    keys_in(dir.path(), &fake).await;
    store_something(dir.path());
    for mood in [Mood::Absent, Mood::Locked, Mood::Hanging] {
        fake.turn(mood);
        let error = open_in(dir.path(), &fake).await.unwrap_err();
        assert!(matches!(error, SecretsError::KeyStore { .. }), "{mood:?}: {error:?}");
        let problem = error.into_problem(dir.path());
        assert!(matches!(problem, StuckProblem::KeyStore { .. }), "{problem:?}");
    }
    fake.turn(Mood::Well);
    keys_in(dir.path(), &fake).await;
}

#[tokio::test]
async fn s7_on_a_fresh_machine_without_a_key_store_the_agent_chooses_a_passphrase() {
    for mood in [Mood::Absent, Mood::Locked, Mood::Hanging, Mood::Forgetful] {
        let dir = tempfile::tempdir().unwrap();
        let fake = Fake::new(mood);
        let opened = open_in(dir.path(), &fake).await.unwrap();
        assert!(matches!(opened, Opened::NeedsPassphrase { choose: true }), "{mood:?}: {opened:?}");
    }
}

#[tokio::test]
async fn s7_an_entry_that_is_not_a_key_is_said_to_be_none() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::new(Mood::Well);
    keys_in(dir.path(), &fake).await;
    let name = fake.names().remove(0);
    fake.set(&name, "hunter2").unwrap();
    let error = open_in(dir.path(), &fake).await.unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert!(matches!(error, SecretsError::KeyStore { .. }), "{error:?}");
}

#[tokio::test]
async fn s7_the_passphrase_opens_the_same_keys_and_no_other_one_does() {
    let dir = tempfile::tempdir().unwrap();
    let mut keys = unlock_in(dir.path(), PASSPHRASE).await.unwrap();
    keys.set_token("w1", "tok-secret-1").await.unwrap();
    store_something(dir.path());
    let again = unlock_in(dir.path(), PASSPHRASE).await.unwrap();
    assert_eq!(keys.journal(), again.journal());
    assert_eq!(again.token("w1").await.unwrap().as_deref(), Some("tok-secret-1"));
    assert_eq!(again.token("w2").await.unwrap(), None);
    for wrong in ["", "open sesame", &format!("{PASSPHRASE} ")] {
        let error = unlock_in(dir.path(), wrong).await.unwrap_err();
        assert!(matches!(error, SecretsError::WrongPassphrase), "{wrong:?}: {error:?}");
    }
}

#[tokio::test]
async fn s7_the_vault_tells_nothing_and_is_its_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut keys = unlock_in(dir.path(), PASSPHRASE).await.unwrap();
    keys.set_token("workspace-1", "tok-secret-1").await.unwrap();
    let bytes = all_bytes(dir.path());
    for secret in [
        PASSPHRASE.to_owned(),
        "tok-secret-1".to_owned(),
        hex::encode("tok-secret-1"),
        "workspace-1".to_owned(),
        hex::encode(*keys.master),
        hex::encode(keys.journal()),
    ] {
        assert!(!holds(&bytes, secret.as_bytes()), "{secret}");
    }
    assert_eq!(format!("{keys:?}"), "Keys(…)");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(vault::path(dir.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn s7_the_passphrase_stays_even_if_a_key_store_appears() {
    let dir = tempfile::tempdir().unwrap();
    unlock_in(dir.path(), PASSPHRASE).await.unwrap();
    let fake = Fake::new(Mood::Well);
    let opened = open_in(dir.path(), &fake).await.unwrap();
    assert!(matches!(opened, Opened::NeedsPassphrase { choose: false }), "{opened:?}");
    assert_eq!(fake.names(), [] as [&str; 0]);
}

#[tokio::test]
async fn s7_a_passphrase_of_a_few_letters_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let error = unlock_in(dir.path(), "일곱글자임다").await.unwrap_err();
    assert!(matches!(error, SecretsError::WrongPassphrase), "{error:?}");
    assert!(!vault::path(dir.path()).exists());
}

#[tokio::test]
async fn bad_input_a_vault_that_was_changed_is_named_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    unlock_in(dir.path(), PASSPHRASE).await.unwrap();
    let path = vault::path(dir.path());
    let sound = fs::read_to_string(&path).unwrap();
    let changed = |field: &str, value: serde_json::Value| {
        let mut file: serde_json::Value = serde_json::from_str(&sound).unwrap();
        file[field] = value;
        file.to_string()
    };
    let other_seal = "00".repeat(32);
    let bad = [
        String::new(),
        "{}".to_owned(),
        "null".to_owned(),
        "[".repeat(100_000),
        sound[..sound.len() / 2].to_owned(),
        changed("format", 2.into()),
        changed("salt", "xyz".into()),
        changed("derivation", "none".into()),
        changed("sealed", other_seal.into()),
        changed("sealed", "".into()),
        changed("cost", serde_json::json!({ "memory_kib": u32::MAX, "passes": 1, "lanes": 1 })),
        " ".repeat(2 * 1024 * 1024),
    ];
    for text in bad {
        fs::write(&path, &text).unwrap();
        let error = unlock_in(dir.path(), PASSPHRASE).await.unwrap_err();
        let shown = &text[..text.len().min(60)];
        assert!(matches!(error, SecretsError::Vault { .. }), "{shown}: {error:?}");
        assert!(error.to_string().contains("vault.json"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::write(&path, &sound).unwrap();
    unlock_in(dir.path(), PASSPHRASE).await.unwrap();
}

#[tokio::test]
async fn s7_the_usual_cost_is_what_the_house_asks_for() {
    let dir = tempfile::tempdir().unwrap();
    drop(unlock(dir.path(), PASSPHRASE.to_owned()).await.unwrap());
    let file: serde_json::Value =
        serde_json::from_slice(&fs::read(vault::path(dir.path())).unwrap()).unwrap();
    assert_eq!(file["cost"], serde_json::json!({ "memory_kib": 65536, "passes": 3, "lanes": 1 }));
}
