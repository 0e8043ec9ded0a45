//! Options that only Linux has.

use std::time::Duration;

use crate::pair;

#[test]
fn linux_has_a_user_timeout_and_quick_acknowledgements() {
    let (near, _far) = pair();
    near.set_user_timeout(Some(Duration::from_millis(1500))).expect("an option");
    assert_eq!(near.user_timeout().expect("an option"), Some(Duration::from_millis(1500)));
    near.set_user_timeout(None).expect("an option");
    assert_eq!(near.user_timeout().expect("an option"), None);
    near.set_quickack(true).expect("an option");
    assert!(near.quickack().expect("an option"));
}
