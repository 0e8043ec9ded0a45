//! Where kernels go different ways there is a file for each, and all of them offer the same: what
//! compiles here compiles there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// These two hand on what is declared elsewhere, and every name of it is used by one module, which
/// the compiler holds them to.
const HANDED_ON: [&str; 1] = ["sys/kqueue/"];

fn sys() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sys")
}

/// A source file without comments, in which each item begins a line.
struct Source {
    path: PathBuf,
    lines: Vec<String>,
}

impl Source {
    fn read(path: &Path) -> Source {
        let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        // What is indented belongs to the line before.
        let mut lines: Vec<String> = Vec::new();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            match lines.last_mut() {
                Some(last) if line.starts_with([' ', ')']) => {
                    last.push(' ');
                    last.push_str(line.trim());
                }
                _ => lines.push(line.to_owned()),
            }
        }
        Source { path: path.to_owned(), lines }
    }

    /// What others can name: functions with what they take and return, types, constants, modules.
    fn items(&self) -> BTreeSet<String> {
        let own = self.lines.iter().filter_map(|line| item(line));
        own.chain(self.lines.iter().flat_map(|line| handed_on(line))).collect()
    }

    /// The modules that are declared in it, each with all the files that it may be.
    fn modules(&self) -> BTreeMap<String, Vec<PathBuf>> {
        let mut modules: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        let mut attributes = String::new();
        for line in &self.lines {
            if line.starts_with("#[") {
                attributes.push_str(line);
                continue;
            }
            let declared = line.strip_suffix(';').and_then(|line| line.rsplit_once("mod "));
            if let Some((_, name)) = declared.filter(|_| !attributes.contains("cfg(test)")) {
                let files = modules.entry(name.to_owned()).or_default();
                files.extend(self.files(name, &attributes));
            }
            attributes.clear();
        }
        modules
    }

    /// Where a module of this name can be.
    fn files(&self, name: &str, attributes: &str) -> Vec<PathBuf> {
        let folder = self.path.parent().expect("a file is in a folder");
        let named: Vec<_> = attributes
            .split("path = \"")
            .skip(1)
            .map(|rest| folder.join(rest.split('"').next().unwrap_or_default()))
            .collect();
        if !named.is_empty() {
            return named;
        }
        let stem = self.path.file_stem().expect("a file has a name");
        let own = if stem == "mod" || stem == "lib" { folder.into() } else { folder.join(stem) };
        let candidates = [own.join(format!("{name}.rs")), own.join(name).join("mod.rs")];
        candidates.into_iter().filter(|path| path.exists()).collect()
    }
}

/// The types that a line hands on from elsewhere.
fn handed_on(line: &str) -> Vec<String> {
    let Some(path) = line.strip_prefix("pub use ") else { return Vec::new() };
    let names = path.rsplit("::").next().unwrap_or(path);
    let names = names.split(|c: char| !c.is_alphanumeric());
    let types = names.filter(|name| name.starts_with(char::is_uppercase));
    types.map(|name| format!("type {name}")).collect()
}

/// The head of an item that can be named from outside.
fn item(line: &str) -> Option<String> {
    let rest = line.strip_prefix("pub ").or_else(|| line.strip_prefix("pub(crate) "))?;
    // What is `const` here need not be so there.
    let rest = rest.strip_prefix("const ").filter(|rest| rest.starts_with("fn ")).unwrap_or(rest);
    let kind = rest.split(' ').next()?;
    match kind {
        "fn" | "const" | "unsafe" => {
            let head = rest.split(if kind == "const" { '=' } else { '{' }).next()?;
            // `fd: BorrowedFd` and `_fd: BorrowedFd` are the same to who calls.
            let words = head.split_whitespace().map(|word| match word.strip_suffix(':') {
                Some(name) => match name.rsplit_once('(') {
                    Some((before, _)) => format!("{before}("),
                    None => String::new(),
                },
                None => word.to_owned(),
            });
            let head = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
            Some(head.replace("( ", "(").replace(", )", ")").replace(",)", ")"))
        }
        "mod" => Some(rest.to_owned()),
        "struct" | "enum" | "type" | "trait" => {
            let name = rest[kind.len()..].trim().split(|c: char| !c.is_alphanumeric()).next()?;
            Some(format!("type {name}"))
        }
        _ => None,
    }
}

/// Holds the files that stand for each other to the same items, and those below them.
fn hold_together(files: &[PathBuf], compared: &mut usize) {
    let sources: Vec<_> = files.iter().map(|path| Source::read(path)).collect();
    let (first, others) = sources.split_first().expect("one at least");
    for other in others {
        let (here, there) = (first.items(), other.items());
        let differ: Vec<_> = here.symmetric_difference(&there).collect();
        assert!(
            differ.is_empty(),
            "{} and {} differ in {differ:#?}",
            first.path.display(),
            other.path.display()
        );
        *compared += here.len();
    }
    let mut below: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for source in &sources {
        for (name, files) in source.modules() {
            let public = source.items().contains(&format!("mod {name};"));
            // What is its own business is not compared with another's.
            let key = if public { name } else { format!("{} {name}", source.path.display()) };
            below.entry(key).or_default().extend(files);
        }
    }
    for files in below.into_values() {
        let handed_on =
            |file: &PathBuf| HANDED_ON.iter().any(|folder| file.to_string_lossy().contains(folder));
        if files.len() > 1 && files.iter().any(handed_on) {
            continue;
        }
        if !files.is_empty() {
            hold_together(&files, compared);
        }
    }
}

#[test]
fn files_that_stand_for_each_other_offer_the_same() {
    let mut compared = 0;
    hold_together(&[sys().join("lib.rs")], &mut compared);
    assert!(compared > 20, "{compared} items only");
}

#[test]
fn no_file_knows_of_another_kernel() {
    let mut folders: Vec<_> = ["sys", "src", "tests", "examples", "benches"]
        .map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|e| e.expect("an entry")) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                tells_kernels_apart_by_modules_only(&path);
            }
        }
    }
}

/// A `cfg` of a kernel stands before a module, or before what hands one on; or it is about the
/// whole file.
fn tells_kernels_apart_by_modules_only(path: &Path) {
    if path.ends_with("sys/build.rs") {
        return; // it names them
    }
    let source = Source::read(path);
    let mut lines = source.lines.iter().peekable();
    while let Some(line) = lines.next() {
        if !conditions(line).any(is_of_a_kernel) || line.starts_with("#![cfg(") {
            continue;
        }
        assert!(line.starts_with("#[cfg"), "{}: {line}", path.display());
        while lines.peek().is_some_and(|next| next.starts_with("#[")) {
            lines.next();
        }
        let next = lines.peek().map_or("", |next| next.as_str());
        assert!(is_of_modules(next), "{}: {line} before {next}", path.display());
    }
}

/// What is asked for by each `cfg` of a line.
fn conditions(line: &str) -> impl Iterator<Item = &str> {
    let asks = ["cfg!(", "[cfg(", "[cfg_attr("];
    asks.into_iter().flat_map(|ask| line.split(ask).skip(1)).map(|rest| {
        let mut open = 1;
        let end = rest.find(|c| {
            open += i32::from(c == '(') - i32::from(c == ')');
            open == 0
        });
        &rest[..end.unwrap_or(rest.len())]
    })
}

fn is_of_a_kernel(condition: &str) -> bool {
    const KERNELS: [&str; 7] =
        ["target_os", "target_vendor", "bsd", "apple", "kqueue", "flags_afterwards", "windows"];
    KERNELS.iter().any(|kernel| condition.contains(kernel))
}

/// Whether it declares a module that is another file, or hands on what is in one.
fn is_of_modules(line: &str) -> bool {
    let public = ["pub ", "pub(crate) "].iter().find_map(|public| line.strip_prefix(public));
    let item = public.unwrap_or(line);
    let declares = item.starts_with("mod ") && item.ends_with(';');
    declares || item.starts_with("use ") || item.starts_with("compile_error!")
}

#[test]
fn a_cfg_of_a_kernel_is_found_wherever_it_stands() {
    // Written apart, or this file would be found.
    let found = |line: &str| conditions(&line.replace("CFG", "cfg")).any(is_of_a_kernel);
    assert!(found("#[CFG(all(test, any(unix, target_os = \"linux\")))]"));
    assert!(found("fn f() { if CFG!(debug_assertions) {} if CFG!(not(apple)) {} }"));
    assert!(found("fn f() { #[CFG_attr(bsd, allow(unused))] let x = 1; }"));
    assert!(!found("fn f() { if CFG!(debug_assertions) { kqueue() } }"));
    assert!(is_of_modules("pub(crate) mod thread;"));
    assert!(!is_of_modules("mod tests { use super::*; }"));
    assert!(!is_of_modules("fn because_of_use () {}"));
}
