# `cpack -G DEB` in a build directory: the program, its pages, completions and units. `-G TGZ` packs the same.
set(CPACK_PACKAGE_NAME signet)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "the signet maintainers <maintainers@signet.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "certificate authority, ACME server and ACME client in one program")
set(CPACK_PACKAGE_DESCRIPTION "signet makes a private CA, issues certificates from it by hand or over ACME (RFC 8555), gets and renews
certificates as an ACME client, and verifies chains, keys and endpoints.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/cmake/debian/postinst ${PROJECT_SOURCE_DIR}/cmake/debian/prerm ${PROJECT_SOURCE_DIR}/cmake/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
