include(GNUInstallDirs)
install(TARGETS signet RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 FILES_MATCHING PATTERN "*.5")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man7 FILES_MATCHING PATTERN "*.7")
install(FILES ${PROJECT_SOURCE_DIR}/completions/signet.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME signet)
install(FILES ${PROJECT_SOURCE_DIR}/completions/_signet DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${PROJECT_SOURCE_DIR}/completions/signet.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
# systemd looks in lib, not in the architecture's directory of libraries.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/deploy/systemd/ DESTINATION lib/systemd/system
  FILES_MATCHING PATTERN "*.socket" PATTERN "*.timer")
# A service names the program by its full path, which is known at installation only: a prefix may be given there, and
# the package has its own.
install(CODE "
  set(program \"${CMAKE_INSTALL_BINDIR}/signet\")
  cmake_path(ABSOLUTE_PATH program BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\" NORMALIZE)
  foreach(unit IN ITEMS signet-acme.service signet-renew.service)
    file(READ \"${PROJECT_SOURCE_DIR}/deploy/systemd/\${unit}\" text)
    string(REPLACE \"ExecStart=/usr/bin/signet \" \"ExecStart=\${program} \" text \"\${text}\")
    file(WRITE \"${PROJECT_BINARY_DIR}/units/\${unit}\" \"\${text}\")
    file(INSTALL \"${PROJECT_BINARY_DIR}/units/\${unit}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/lib/systemd/system\")
  endforeach()")
install(FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/signet.sysusers DESTINATION lib/sysusers.d RENAME signet.conf)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/deploy/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples PATTERN "systemd" EXCLUDE)
