"""The batch of each subject, and the control-arm subject, the tests of screens meet at the small demo site."""

BATCH = {
    subject: f"B-{n:05d}"
    for n, subject in enumerate(("YA-002", "YA-003", "YA-004", "YA-005", "YA-001"), start=1)
}
CONTROL = "YA-060"
