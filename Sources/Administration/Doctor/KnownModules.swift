/// What is known of other modules by their names.
enum KnownModules {
  /// They ask for a password, or take one that was asked for, and judge it.
  static let judges: Set = [
    "pam_unix", "pam_unix_auth", "pam_pwdb", "pam_sss", "pam_ldap", "pam_krb5", "pam_winbind",
    "pam_radius_auth", "pam_radius", "pam_tacplus", "pam_userdb", "pam_mysql", "pam_pgsql",
    "pam_pwdfile", "pam_duo", "pam_google_authenticator", "pam_oath", "pam_u2f", "pam_yubico",
    "pam_systemd_home", "pam_kanidm", "pam_himmelblau", "pam_aad", "pam_lsass", "pam_centrifydc",
    "pam_sasl", "pam_imap", "pam_http", "pam_script", "pam_python", "pam_pkcs11", "pam_fprintd",
    "pam_opie", "pam_otpw", "pam_ussh", "pam_ssh",
  ]

  /// Of these the server that they ask counts failures, too.
  static let directories: Set = ["pam_sss", "pam_ldap", "pam_krb5", "pam_winbind"]

  static let counters: Set = ["pam_faillock", "pam_tally", "pam_tally2"]

  /// They look at something else than a password; an asking one among them asks for none.
  static let quiet: Set = [
    "pam_access", "pam_cap", "pam_debug", "pam_echo", "pam_env", "pam_exec", "pam_faildelay",
    "pam_faillock", "pam_ftp", "pam_group", "pam_issue", "pam_keyinit", "pam_lastlog",
    "pam_limits", "pam_listfile", "pam_localuser", "pam_loginuid", "pam_mail", "pam_mkhomedir",
    "pam_motd", "pam_namespace", "pam_nologin", "pam_permit", "pam_deny", "pam_rhosts",
    "pam_rootok", "pam_securetty", "pam_selinux", "pam_sepermit", "pam_shells",
    "pam_ssh_agent_auth", "pam_succeed_if", "pam_systemd", "pam_tally", "pam_tally2", "pam_time",
    "pam_timestamp", "pam_umask", "pam_usertype", "pam_warn", "pam_wheel", "pam_xauth", "pam_abl",
    "pam_apparmor", "pam_gnome_keyring", "pam_kwallet5", "pam_kwallet",
  ]
}
