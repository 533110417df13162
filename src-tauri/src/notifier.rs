//! From "a request is waiting" to the operating system.
//!
//! [`policy`] decides whether and how to tell, purely; [`toast`] and [`sound`] carry it out. One
//! task owns them all, so that alerts, withdrawals and clicks cannot overtake each other.
//! Invariant: a chat has at most one toast, and a toast whose chat was served is withdrawn.

#[cfg(target_os = "linux")]
mod markup;
mod policy;
mod sound;
mod toast;

use crate::{desktop::Desktop, words::Words};
use bellhop_client::AlertIntent;
use bellhop_model::{ChatId, PersonalSettings, Timestamp, view::NoticeBody};
use policy::{Policy, Tell};
use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tauri::{AppHandle, Manager};
use tokio::sync::{mpsc, oneshot};

/// The way in, from any thread. Nothing here blocks.
#[derive(Clone)]
pub(crate) struct Notifier {
    inbox: mpsc::UnboundedSender<Happening>,
}

enum Happening {
    Alert(AlertIntent),
    Withdraw(ChatId),
    Settings(Box<PersonalSettings>),
    WithdrawAll(oneshot::Sender<()>),
    Answered { chat_id: ChatId, answer: toast::Answer },
    Failed(String),
    Silent(String),
}

impl Notifier {
    /// Starts the task.
    pub(crate) fn start(app: AppHandle) -> Self {
        #[cfg(target_os = "linux")]
        markup::watch();
        let (inbox, happenings) = mpsc::unbounded_channel();
        let notifier = Self { inbox: inbox.clone() };
        tauri::async_runtime::spawn(Task::new(app, inbox).run(happenings));
        notifier
    }

    pub(crate) fn alert(&self, intent: AlertIntent) {
        self.say(Happening::Alert(intent));
    }

    pub(crate) fn withdraw(&self, chat_id: ChatId) {
        self.say(Happening::Withdraw(chat_id));
    }

    pub(crate) fn settings(&self, settings: &PersonalSettings) {
        self.say(Happening::Settings(Box::new(settings.clone())));
    }

    /// Takes every toast off the screen: nobody would answer a click on it any more.
    pub(crate) async fn withdraw_all(&self) {
        let (done, is_done) = oneshot::channel();
        self.say(Happening::WithdrawAll(done));
        // A daemon that hangs must not keep the program from ending.
        let waited = tokio::time::timeout(Duration::from_secs(1), is_done).await;
        if waited.is_err() {
            tracing::warn!("the notification daemon did not take the notifications back in time");
        }
    }

    fn say(&self, happening: Happening) {
        if self.inbox.send(happening).is_err() {
            tracing::debug!("the notifier has ended");
        }
    }
}

struct Task {
    app: AppHandle,
    inbox: mpsc::UnboundedSender<Happening>,
    policy: Policy,
    shown: HashMap<ChatId, toast::Shown>,
    said_failure: bool,
    said_silence: bool,
}

impl Task {
    fn new(app: AppHandle, inbox: mpsc::UnboundedSender<Happening>) -> Self {
        Self {
            app,
            inbox,
            policy: Policy::default(),
            shown: HashMap::new(),
            said_failure: false,
            said_silence: false,
        }
    }

    async fn run(mut self, mut happenings: mpsc::UnboundedReceiver<Happening>) {
        loop {
            let due_in = self.policy.due_at().map(|at| {
                Duration::from_millis(u64::try_from(at.since(now())).unwrap_or_default())
            });
            let happening = match due_in {
                Some(wait) => tokio::time::timeout(wait, happenings.recv()).await,
                None => Ok(happenings.recv().await),
            };
            match happening {
                Ok(Some(happening)) => self.handle(happening),
                Ok(None) => return,
                Err(_elapsed) => {
                    let tells = self.policy.due(now());
                    self.carry_out(tells);
                }
            }
        }
    }

    fn handle(&mut self, happening: Happening) {
        match happening {
            Happening::Alert(intent) => {
                let tells = self.policy.alert(intent, now());
                self.carry_out(tells);
            }
            Happening::Withdraw(chat_id) => {
                self.policy.withdraw(chat_id);
                self.shown.remove(&chat_id);
            }
            Happening::Settings(settings) => {
                self.policy.settings(&settings);
                if !settings.notify_requests {
                    self.shown.clear();
                }
            }
            Happening::WithdrawAll(done) => {
                let shown = std::mem::take(&mut self.shown);
                tauri::async_runtime::spawn(async move {
                    for (_, toast) in shown {
                        toast.close().await;
                    }
                    if done.send(()).is_err() {
                        tracing::debug!("nobody waits for the notifications to be gone");
                    }
                });
            }
            Happening::Answered { chat_id, answer } => self.answered(chat_id, answer),
            Happening::Failed(detail) => {
                tracing::warn!("a notification could not be shown: {detail}");
                if !std::mem::replace(&mut self.said_failure, true) {
                    let desktop = self.app.state::<Desktop>();
                    desktop.raise_notice(NoticeBody::NoNotifications { detail });
                }
            }
            Happening::Silent(detail) => {
                tracing::warn!("the bell could not be rung: {detail}");
                if !std::mem::replace(&mut self.said_silence, true) {
                    let desktop = self.app.state::<Desktop>();
                    desktop.raise_notice(NoticeBody::NoSound { detail });
                }
            }
        }
    }

    fn answered(&mut self, chat_id: ChatId, answer: toast::Answer) {
        self.shown.remove(&chat_id);
        let serve = match answer {
            toast::Answer::Opened => false,
            toast::Answer::Serve => true,
            toast::Answer::Closed => return,
        };
        if let Ok(client) = self.app.state::<Desktop>().client() {
            client.activated(chat_id, serve);
        }
    }

    fn carry_out(&mut self, tells: Vec<Tell>) {
        let words = self.app.state::<Desktop>().words();
        for tell in tells {
            match tell {
                Tell::Sound => {
                    let inbox = self.inbox.clone();
                    sound::ring(move |detail| {
                        if inbox.send(Happening::Silent(detail)).is_err() {
                            tracing::debug!("the bell failed after the end");
                        }
                    });
                }
                Tell::Toast { intent } => self.show(
                    intent.chat_id,
                    toast::Text {
                        title: title_of(&intent, &words),
                        body: policy::plain(&intent.first_words, 200),
                        // Who was asked into a chat is in it.
                        serve: intent.invited_by.is_none().then(|| words.serve()),
                    },
                    &words,
                ),
                Tell::Summary { count, chat_id } => self.show(
                    chat_id,
                    toast::Text { title: words.waiting(count), body: String::new(), serve: None },
                    &words,
                ),
            }
        }
    }

    fn show(&mut self, chat_id: ChatId, text: toast::Text, words: &Words) {
        let inbox = self.inbox.clone();
        let shown = toast::show(text, words.open(), move |result| {
            let happening = match result {
                Ok(answer) => Happening::Answered { chat_id, answer },
                Err(detail) => Happening::Failed(detail),
            };
            if inbox.send(happening).is_err() {
                tracing::debug!("a notification was answered after the end");
            }
        });
        self.shown.insert(chat_id, shown);
    }
}

/// Who is there: a visitor who waits, or a colleague who asks for company.
fn title_of(intent: &AlertIntent, words: &Words) -> String {
    let visitor = policy::plain(&intent.visitor, 80);
    match &intent.invited_by {
        Some(name) => words.invitation_title(&policy::plain(name, 80), &visitor),
        None => words.request_title(&visitor),
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
