//! Which heredocs a line opens.

/// A heredoc that a line announces.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) name: Vec<u8>,
    pub(super) file_descriptor: u32,
    pub(super) strip_tabs: bool,
    pub(super) expand: bool,
}

/// The heredocs in a joined line. As in `BuildKit`, `<<` counts at the start of a word only (after
/// an optional descriptor), and a line with an open quote has none.
pub(super) fn opened_by(line: &[u8]) -> Vec<Opened> {
    words(line)
        .unwrap_or_default()
        .into_iter()
        .filter_map(of_word)
        .collect()
}

/// Shell words with their quotes; none where a quote stays open.
fn words(line: &[u8]) -> Option<Vec<&[u8]>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut at = 0;
    while at < line.len() {
        let byte = line[at];
        match quote {
            Some(open) => {
                if byte == open {
                    quote = None;
                } else if byte == b'\\' && open == b'"' {
                    at += 1;
                }
            }
            None if byte.is_ascii_whitespace() => {
                words.extend(start.take().map(|start| &line[start..at]));
            }
            None => {
                start.get_or_insert(at);
                match byte {
                    b'\'' | b'"' => quote = Some(byte),
                    b'\\' => at += 1,
                    _ => {}
                }
            }
        }
        at += 1;
    }
    words.extend(start.map(|start| &line[start..]));
    quote.is_none().then_some(words)
}

fn of_word(word: &[u8]) -> Option<Opened> {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = word[digits..].strip_prefix(b"<<")?;
    let (strip_tabs, rest) = rest
        .strip_prefix(b"-")
        .map_or((false, rest), |rest| (true, rest));
    if rest.is_empty() || rest.contains(&b'<') {
        return None;
    }
    let name: Vec<u8> = unquote(rest);
    let file_descriptor = match digits {
        0 => 0,
        _ => str::from_utf8(&word[..digits]).ok()?.parse().ok()?,
    };
    Some(Opened {
        expand: name == rest,
        name,
        file_descriptor,
        strip_tabs,
    })
}

fn unquote(word: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(word.len());
    let mut quote = None;
    let mut bytes = word.iter().copied();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'\'' | b'"') => quote = Some(byte),
            (None | Some(b'"'), b'\\') => plain.extend(bytes.next()),
            _ => plain.push(byte),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::opened_by;

    #[test]
    fn heredocs_of_a_line() {
        let names = |line: &str| {
            let shown = |opened: super::Opened| {
                format!(
                    "{}:{}{}{}",
                    opened.file_descriptor,
                    String::from_utf8(opened.name).unwrap(),
                    if opened.strip_tabs { " strip" } else { "" },
                    if opened.expand { "" } else { " raw" },
                )
            };
            opened_by(line.as_bytes())
                .into_iter()
                .map(shown)
                .collect::<Vec<_>>()
        };
        for (line, expected) in [
            ("RUN <<EOF", vec!["0:EOF"]),
            ("RUN cat <<EOF > f", vec!["0:EOF"]),
            ("RUN <<-EOF", vec!["0:EOF strip"]),
            ("RUN <<'EOF'", vec!["0:EOF raw"]),
            ("RUN <<\"E\"OF", vec!["0:EOF raw"]),
            ("RUN <<E\\OF", vec!["0:EOF raw"]),
            ("RUN 3<<A cat <<B", vec!["3:A", "0:B"]),
            ("COPY <<a <<b /dst/", vec!["0:a", "0:b"]),
            ("RUN cat<<EOF", vec![]),
            ("RUN cat << EOF", vec![]),
            ("RUN cat <<<word", vec![]),
            ("RUN echo $((1<<2))", vec![]),
            ("RUN echo '<<EOF'", vec![]),
            ("RUN echo it's <<EOF", vec![]),
            ("RUN echo \"a <<EOF\" <<B", vec!["0:B"]),
            ("RUN 99999999999<<EOF", vec![]),
        ] {
            assert_eq!(names(line), expected, "{line}");
        }
    }
}
