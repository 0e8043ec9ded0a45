//! Socket addresses as strace prints them, without the port that differs from run to run.

/// `{sa_family=AF_INET, sin_port=htons(40001), sin_addr=inet_addr("127.0.0.1")}` becomes
/// `127.0.0.1:PORT`; a port of 0, the request for any, stays. None if it is not an address.
pub(crate) fn address(text: &str) -> Option<String> {
    let family = between(text, "sa_family=", &[',', '}'])?;
    let any = between(text, "htons(", &[')']) == Some("0");
    let port = if any { "0" } else { "PORT" };
    Some(match family {
        "AF_INET" => format!("{}:{port}", between(text, "inet_addr(\"", &['"'])?),
        "AF_INET6" => format!("[{}]:{port}", between(text, "inet_pton(AF_INET6, \"", &['"'])?),
        other => other.to_owned(),
    })
}

fn between<'a>(text: &'a str, start: &str, ends: &[char]) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split(ends).next()
}
