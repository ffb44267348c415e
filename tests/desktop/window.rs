//! One window of the application on one display.
//!
//! Traps met with `WebKitGTK`: neither `WEBKIT_DISABLE_COMPOSITING_MODE` nor
//! `WEBKIT_DISABLE_DMABUF_RENDERER` may be set (screenshots hang then), and the driver has no log
//! of the console (the page keeps its errors in `window.__outcropErrors`).

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use outcrop_tests::programs::{User, target, workspace};
use outcrop_tests::suite::Outcome;
use outcrop_tests::wait;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The release build, from the workspace's root.
pub(crate) const APPLICATION: &str = "target/release/outcrop-desktop";

/// The driver, from the workspace's root.
pub(crate) const DRIVER: &str = "target/tools/bin/tauri-driver";

/// Longest wait for something that is no work: a click's effect, a view.
const SHOWN: Duration = Duration::from_secs(20);

/// Control and A in the codes of `WebDriver`. Control is held until the end of what is sent.
const CONTROL_A: &str = "\u{e009}a";

/// The key Delete.
const DELETE: &str = "\u{e017}";

/// Longest wait for a scan.
const DONE: Duration = Duration::from_mins(2);

/// A display and the driver on it; both end, with all that they started, when the standard input
/// does. Arguments: a folder, two ports, the driver.
const KEEPER: &str = r#"
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>"$1/display" >"$1/xvfb.log" 2>&1 </dev/null &
while [ ! -s "$1/display" ]; do kill -0 $! || exit 1; sleep 0.05; done
DISPLAY=:$(cat "$1/display") "$4" --port "$2" --native-port "$3" \
    --native-driver "$(command -v WebKitWebDriver)" >"$1/driver.log" 2>&1 </dev/null &
cat >/dev/null
trap '' TERM
kill -TERM 0
wait
"#;

/// The running application.
pub(crate) struct Window {
    runtime: Runtime,
    client: Client,
    _keeper: Keeper,
}

struct Keeper(Child);

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        wait::exit(&mut self.0, Duration::from_secs(20)).ok();
    }
}

impl Window {
    /// Opens the application as this user.
    pub(crate) fn open(user: &User) -> Result<Self> {
        let folder = user.home().join("display");
        fs::create_dir(&folder)?;
        let [port, native] = free_ports()?.map(|port| port.to_string());
        let driver = workspace().join(DRIVER);
        let mut keeper = user.program([
            "sh".as_ref(),
            "-c".as_ref(),
            KEEPER.as_ref(),
            "keeper".as_ref(),
            folder.as_os_str(),
            port.as_ref(),
            native.as_ref(),
            driver.as_os_str(),
        ]);
        keeper
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let keeper = Keeper(keeper.spawn()?);

        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut capabilities = Capabilities::new();
        let application = workspace().join(APPLICATION);
        capabilities.insert("browserName".into(), "wry".into());
        capabilities.insert(
            "tauri:options".into(),
            json!({ "application": application }),
        );
        let address = format!("http://127.0.0.1:{port}");
        let client = wait::until("the driver opens the application", SHOWN, || {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities.clone());
            Ok(runtime.block_on(builder.connect(&address)).ok())
        })
        .with_context(|| fs::read_to_string(folder.join("driver.log")).unwrap_or_default())?;
        Ok(Self {
            runtime,
            client,
            _keeper: keeper,
        })
    }

    fn elements(&self, testid: &str) -> Result<Vec<Element>> {
        let selector = format!("[data-testid=\"{testid}\"]");
        Ok(self
            .runtime
            .block_on(self.client.find_all(Locator::Css(&selector)))?)
    }

    /// Texts of all elements of that kind that are there now.
    pub(crate) fn texts(&self, testid: &str) -> Result<Vec<String>> {
        let script = "return [...document.querySelectorAll(`[data-testid=\"${arguments[0]}\"]`)]
            .map((element) => element.innerText ?? '')";
        let texts = self.script(script, vec![testid.into()])?;
        Ok(serde_json::from_value(texts)?)
    }

    /// Runs a script in the page; its answer.
    pub(crate) fn script(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self
            .runtime
            .block_on(self.client.execute(script, arguments))?)
    }

    /// Waits until an element of that kind is shown.
    pub(crate) fn sees(&self, testid: &str) -> Outcome {
        self.sees_text(testid, "").map(drop)
    }

    /// Waits until an element of that kind contains the text; all its text.
    pub(crate) fn sees_text(&self, testid: &str, text: &str) -> Result<String> {
        self.waits_for_text(testid, text, SHOWN)
    }

    /// The same for what comes at the end of a scan.
    pub(crate) fn gets(&self, testid: &str, text: &str) -> Result<String> {
        self.waits_for_text(testid, text, DONE)
    }

    fn waits_for_text(&self, testid: &str, text: &str, deadline: Duration) -> Result<String> {
        wait::until(&format!("`{testid}` shows `{text}`"), deadline, || {
            let texts = self.texts(testid)?;
            Ok(texts.into_iter().find(|shown| shown.contains(text)))
        })
        .with_context(|| self.page_text())
    }

    /// Waits until no element of that kind is left.
    pub(crate) fn no_longer_sees(&self, testid: &str) -> Outcome {
        wait::until(&format!("`{testid}` is gone"), DONE, || {
            Ok(self.elements(testid)?.is_empty().then_some(()))
        })
        .with_context(|| self.page_text())
    }

    /// Clicks the first element of that kind, as soon as it is there.
    pub(crate) fn clicks(&self, testid: &str) -> Outcome {
        self.clicks_in(testid, "")
    }

    /// Clicks the first element of that kind whose text contains `text`.
    pub(crate) fn clicks_in(&self, testid: &str, text: &str) -> Outcome {
        // The page may draw an element anew between the look and the click.
        wait::until(
            &format!("`{testid}` with `{text}` can be clicked"),
            SHOWN,
            || {
                for element in self.elements(testid)? {
                    let clicked = self.runtime.block_on(async {
                        let contains = shows(&element, text).await?;
                        if contains {
                            element.click().await?;
                        }
                        Ok::<_, CmdError>(contains)
                    });
                    if let Ok(true) = clicked {
                        return Ok(Some(()));
                    }
                }
                Ok(None)
            },
        )
        .with_context(|| self.page_text())
    }

    /// Clicks the button `testid` in the row of that kind that contains `text`.
    pub(crate) fn clicks_in_row(&self, row: &str, text: &str, testid: &str) -> Outcome {
        let inner = format!("[data-testid=\"{testid}\"]");
        wait::until(
            &format!("`{testid}` of `{text}` can be clicked"),
            SHOWN,
            || {
                for element in self.elements(row)? {
                    let found = self.runtime.block_on(async {
                        if !shows(&element, text).await? {
                            return Ok::<_, CmdError>(false);
                        }
                        let button = element.find(Locator::Css(&inner)).await?;
                        button.click().await?;
                        Ok(true)
                    });
                    if let Ok(true) = found {
                        return Ok(Some(()));
                    }
                }
                Ok(None)
            },
        )
        .with_context(|| self.page_text())
    }

    /// Types into a field, replacing what it holds.
    pub(crate) fn types(&self, testid: &str, text: &str) -> Outcome {
        self.sees(testid)?;
        let field = self
            .elements(testid)?
            .into_iter()
            .next()
            .context("the field is gone")?;
        self.runtime.block_on(async {
            // Not WebDriver's own `clear`, of which the page learns nothing.
            field.click().await?;
            field.send_keys(CONTROL_A).await?;
            field.send_keys(&format!("{DELETE}{text}")).await
        })?;
        Ok(())
    }

    /// Sends keys to whatever has the focus.
    pub(crate) fn presses(&self, keys: &str) -> Outcome {
        self.runtime
            .block_on(async { self.client.active_element().await?.send_keys(keys).await })?;
        Ok(())
    }

    /// Keeps a picture of the screen in each theme.
    pub(crate) fn pictures(&self, name: &str) -> Outcome {
        let folder = target().join("screenshots");
        fs::create_dir_all(&folder)?;
        let apply = "const theme = arguments[0];
            if (theme) document.documentElement.dataset.theme = theme;
            else delete document.documentElement.dataset.theme;
            return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));";
        for theme in ["light", "dark"] {
            self.script(apply, vec![theme.into()])?;
            let picture = self.runtime.block_on(self.client.screenshot())?;
            fs::write(folder.join(format!("{name}-{theme}.png")), picture)?;
        }
        self.script(apply, vec![Value::Null])?;
        Ok(())
    }

    /// Closes the window; the page must have had no error.
    pub(crate) fn close(self) -> Outcome {
        let errors = self.script("return window.__outcropErrors", Vec::new())?;
        self.runtime.block_on(self.client.clone().close())?;
        ensure!(errors == json!([]), "errors in the page: {errors}");
        Ok(())
    }

    /// What the page shows, for a message.
    fn page_text(&self) -> String {
        let text = self.script("return document.body.innerText", Vec::new());
        let errors = self.script("return window.__outcropErrors", Vec::new());
        format!(
            "the page shows: {}\nits errors: {}",
            text.ok()
                .as_ref()
                .and_then(Value::as_str)
                .unwrap_or_default(),
            errors.unwrap_or_default()
        )
    }
}

/// Whether the element's text contains `text`, as the page itself has it: the driver takes what
/// stands in a cell that cuts its content off for hidden.
async fn shows(element: &Element, text: &str) -> Result<bool, CmdError> {
    let shown = element.prop("innerText").await?;
    Ok(shown.is_some_and(|shown| shown.contains(text)))
}

/// Two loopback ports that nobody listens on.
fn free_ports() -> Result<[u16; 2]> {
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let (first, second) = (listen()?, listen()?);
    Ok([first.local_addr()?.port(), second.local_addr()?.port()])
}
