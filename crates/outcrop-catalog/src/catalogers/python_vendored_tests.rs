use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the documentation of `vendoring`.
const LIST: &str = "\
CacheControl==0.14.0  # a remark
requests==2.31.0
    urllib3==1.26.16
msgpack==1.0.5; python_version < \"3\"
rich[jupyter]==13.4.2
# colorama==0.1
setuptools==68.0.0
-e git+https://example.org/x
unpinned>=1
";

#[test]
fn exact_versions_of_a_list_are_read() {
    let path = "a/pip/_vendor/vendor.txt";
    let (found, told) =
        described(&PythonVendored.analyse(&CandidateFile::whole(path, LIST.as_bytes())));
    let expected = [
        "CacheControl 0.14.0",
        "requests 2.31.0",
        "urllib3 1.26.16",
        "msgpack 1.0.5",
        "rich 13.4.2",
    ]
    .map(|package| format!("pypi {package} in a/pip/_vendor ~a list of vendored packages"));
    assert_eq!(found, expected);
    assert_eq!(told, [""; 0]);
}

#[test]
fn only_lists_of_vendored_packages_are_wanted() {
    let wants = |path| PythonVendored.wants(&FileFacts::of_path(path)).is_some();
    assert!(wants("a/pip/_vendor/vendor.txt"));
    assert!(wants("a/pkg_resources/_vendor/vendored.txt"));
    assert!(wants("a/pipenv/patched/patched.txt"));
    assert!(!wants("a/vendor.txt"));
    assert!(!wants("a/_vendor/requirements.txt"));
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&PythonVendored, "a/_vendor/vendor.txt", LIST.as_bytes());
}
