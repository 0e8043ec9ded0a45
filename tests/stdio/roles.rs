//! What a child does with the input and output that it was given.

use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, io, process};

use eagain::stdio::{stderr, stdin, stdout};
use eagain::time::{sleep, timeout};

use crate::tasks::PATIENCE;

const ROLE: &str = "EAGAIN_TEST_ROLE";

/// A child that plays this role, and no more.
pub(crate) fn child(role: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test knows its own path"));
    command.args(["role", "--exact", "--nocapture", "--test-threads=1"]).env(ROLE, role);
    command.stdin(Stdio::null());
    command
}

/// What it says until it ends well; the test harness speaks first.
pub(crate) fn output_of(command: &mut Command) -> String {
    let output = command.stdout(Stdio::piped()).output().expect("a child");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// In the child: plays the role, and ends the process.
pub(crate) fn play() {
    let Ok(role) = env::var(ROLE) else { return };
    let played = eagain::run(async {
        match &*role {
            "copies" => copies().await,
            "waits first" => waits_first().await,
            "gives up" => gives_up().await,
            "complains" => complains().await,
            "reads three lines" => reads_three_lines().await,
            _ => panic!("there is no role {role:?}"),
        }
    });
    let failed = played.and_then(|answer: io::Result<()>| answer).is_err();
    process::exit(i32::from(failed));
}

/// Input to output, to the end; says when it has to wait for the first time.
async fn copies() -> io::Result<()> {
    let (input, output) = (stdin()?, stdout()?);
    let mut buf = [0; 16 * 1024];
    if let Some(n) = input.try_read(&mut buf)? {
        output.write_all(&buf[..n]).await?;
    } else {
        eagain::spawn(async { stderr()?.write_all(b"waits\n").await }).detach();
    }
    loop {
        match input.read(&mut buf).await? {
            0 => return Ok(()),
            n => output.write_all(&buf[..n]).await?,
        }
    }
}

/// Waits as if there were nothing, so that the kernel is asked to watch.
async fn waits_first() -> io::Result<()> {
    let input = stdin()?;
    let mut asked = false;
    let ready = input.as_ref().io(eagain::Interest::READ, |_| {
        if std::mem::replace(&mut asked, true) {
            return Ok(());
        }
        Err(io::ErrorKind::WouldBlock.into())
    });
    ready.await?;
    let n = input.read(&mut [0; 8]).await?;
    stdout()?.write_all(format!("{n} bytes").as_bytes()).await
}

/// Waits for what never comes, and for something else.
async fn gives_up() -> io::Result<()> {
    let input = stdin()?;
    let mut buf = [0; 8];
    eagain::select! {
        n = input.read(&mut buf) => panic!("{n:?} bytes came"),
        () = sleep(Duration::from_millis(10)) => stdout()?.write_all(b"nothing came").await,
    }
}

/// Writes until nobody reads.
async fn complains() -> io::Result<()> {
    let output = stdout()?;
    loop {
        if let Err(e) = output.write_all(&[b'x'; 4096]).await {
            return stderr()?.write_all(e.to_string().as_bytes()).await;
        }
    }
}

/// A terminal gives a line at a time, however many are there.
async fn reads_three_lines() -> io::Result<()> {
    let (input, output) = (stdin()?, stdout()?);
    let mut buf = [0; 256];
    assert_eq!(input.try_read(&mut buf)?, None);
    stderr()?.write_all(b"waits\n").await?;
    for _ in 0..3 {
        let n = timeout(PATIENCE, input.read(&mut buf)).await??;
        output.write_all(format!("<{n}>").as_bytes()).await?;
    }
    Ok(())
}
