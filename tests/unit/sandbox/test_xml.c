/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sandbox/complete_request.h"
#include "sandbox/delete_request.h"
#include "sandbox/xml.h"

static void test_written(void **state) {
  (void)state;
  cspan_buf out;
  cspan_buf_init(&out, 4096);
  cspan_sbx_xml_begin(&out, "R");
  cspan_sbx_xml_text(&out, "T", "a<b>&\"c\"\x01\r\n\t\xc3\xa9");
  cspan_sbx_xml_int(&out, "I", -5);
  cspan_sbx_xml_bool(&out, "B", true);
  cspan_sbx_xml_time(&out, "D", 1709210096);
  cspan_sbx_xml_close(&out, "R");
  assert_string_equal(cspan_buf_text(&out),
                      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<R xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                      "<T>a&lt;b&gt;&amp;&quot;c&quot;&#x1;&#xD;\n\t\xc3\xa9</T><I>-5</I>"
                      "<B>true</B><D>2024-02-29T12:34:56.000Z</D></R>");
  cspan_buf_free(&out);
}

static cspan_status list_paths(void *user, const char *path, const char *text, size_t len) {
  return cspan_buf_printf(user, "%s=%.*s;", path, (int)len, text);
}

static void test_read(void **state) {
  (void)state;
  static const char document[] = "<?xml version=\"1.0\"?><a x='1'> <b>one &amp; <![CDATA[<2>]]></b>"
                                 "<c><d/></c>\n</a>";
  cspan_buf out;
  cspan_status status;
  cspan_buf_init(&out, 4096);
  assert_true(cspan_sbx_xml_parse(document, strlen(document), list_paths, &out, &status));
  assert_int_equal(status, CSPAN_OK);
  assert_string_equal(cspan_buf_text(&out), "a/b=one & <2>;a/c/d=;a/c=;a=\n;");
  cspan_buf_free(&out);
}

static void test_read_refused(void **state) {
  (void)state;
  static const char *const documents[] = {
      "",
      "text",
      "<a>",
      "<a></b>",
      "<a/><b/>",
      "<!DOCTYPE a><a/>",
      "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>",
      "<a><b><c><d><e><f><g><h><i/></h></g></f></e></d></c></b></a>",
      "<a\xff/>",
  };
  for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
    cspan_buf out;
    cspan_status status;
    cspan_buf_init(&out, 4096);
    assert_false(
        cspan_sbx_xml_parse(documents[i], strlen(documents[i]), list_paths, &out, &status));
    assert_true(status == CSPAN_ERR_INVALID || status == CSPAN_ERR_LIMIT);
    cspan_buf_free(&out);
  }
}

static void test_text_cap(void **state) {
  (void)state;
  static char document[10000] = "<a>";
  memset(document + 3, 'x', 9000);
  memcpy(document + 9003, "</a>", 5);
  cspan_buf out;
  cspan_status status;
  cspan_buf_init(&out, 16384);
  assert_false(cspan_sbx_xml_parse(document, strlen(document), list_paths, &out, &status));
  assert_int_equal(status, CSPAN_ERR_LIMIT);
  cspan_buf_free(&out);
}

static void test_delete(void **state) {
  (void)state;
  static const char document[] =
      "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>"
      "<Object><Key>a&lt;b</Key></Object>"
      "<Object><Key>c</Key><VersionId>null</VersionId></Object>"
      "<Object><VersionId>7</VersionId><Key>d</Key></Object></Delete>";
  sbx_delete_request r = {0};
  assert_int_equal(cspan_sbx_delete_parse(document, strlen(document), &r), SBX_OK);
  assert_true(r.quiet);
  assert_int_equal(r.count, 3);
  assert_string_equal(r.items[0].key, "a<b");
  assert_int_equal(r.items[0].key_len, 3);
  assert_false(r.items[0].other_version || r.items[1].other_version);
  assert_true(r.items[2].other_version);
  cspan_sbx_delete_free(&r);
}

static void test_delete_refused(void **state) {
  (void)state;
  static const char *const documents[] = {
      "",
      "<Delete/>",
      "<Delete><Object/></Delete>",
      "<Delete><Object><Key/></Object></Delete>",
      "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
      "<Delete><Quiet>maybe</Quiet><Object><Key>a</Key></Object></Delete>",
      "<Remove><Object><Key>a</Key></Object></Remove>",
      "<Delete><Object><Key>a</Key></Object>",
  };
  for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
    sbx_delete_request r = {0};
    assert_int_equal(cspan_sbx_delete_parse(documents[i], strlen(documents[i]), &r),
                     SBX_MALFORMED_XML);
    cspan_sbx_delete_free(&r);
  }
}

static void test_delete_cap(void **state) {
  (void)state;
  for (int count = 1000; count <= 1001; count++) {
    cspan_buf document;
    sbx_delete_request r = {0};
    cspan_buf_init(&document, 1 << 20);
    cspan_buf_str(&document, "<Delete>");
    for (int i = 0; i < count; i++) {
      cspan_buf_printf(&document, "<Object><Key>%d</Key></Object>", i);
    }
    cspan_buf_str(&document, "</Delete>");
    assert_int_equal(cspan_sbx_delete_parse(document.data, document.len, &r),
                     count == 1000 ? SBX_OK : SBX_MALFORMED_XML);
    cspan_sbx_delete_free(&r);
    cspan_buf_free(&document);
  }
}

static void test_complete(void **state) {
  (void)state;
  static const char document[] =
      "<CompleteMultipartUpload><Part><ETag>&quot;abc&quot;</ETag><PartNumber>2</PartNumber>"
      "<ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>"
      "<Part><PartNumber>10000</PartNumber><ETag>def</ETag></Part></CompleteMultipartUpload>";
  sbx_complete_request r = {0};
  assert_int_equal(cspan_sbx_complete_parse(document, strlen(document), &r), SBX_OK);
  assert_int_equal(r.count, 2);
  assert_int_equal(r.parts[0].number, 2);
  assert_string_equal(r.parts[0].etag, "abc");
  assert_int_equal(r.parts[0].checksum.kind, SBX_CHECKSUM_CRC32);
  assert_string_equal(r.parts[0].checksum.value, "AAAAAA==");
  assert_int_equal(r.parts[1].number, 10000);
  assert_string_equal(r.parts[1].etag, "def");
  assert_int_equal(r.parts[1].checksum.kind, SBX_CHECKSUM_NONE);
  cspan_sbx_complete_free(&r);
}

static void test_complete_refused(void **state) {
  (void)state;
#define PART(x) "<CompleteMultipartUpload><Part>" x "</Part></CompleteMultipartUpload>"
  static const char *const documents[] = {
      "",
      "<CompleteMultipartUpload/>",
      PART(""),
      PART("<PartNumber>1</PartNumber>"),
      PART("<ETag>a</ETag>"),
      PART("<PartNumber>0</PartNumber><ETag>a</ETag>"),
      PART("<PartNumber>10001</PartNumber><ETag>a</ETag>"),
      PART("<PartNumber>one</PartNumber><ETag>a</ETag>"),
      PART("<PartNumber>1</PartNumber><ETag>0123456789012345678901234567890123456789012345678</"
           "ETag>"),
      "<Complete><Part><PartNumber>1</PartNumber><ETag>a</ETag></Part></Complete>",
  };
#undef PART
  for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
    sbx_complete_request r = {0};
    assert_int_equal(cspan_sbx_complete_parse(documents[i], strlen(documents[i]), &r),
                     SBX_MALFORMED_XML);
    cspan_sbx_complete_free(&r);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_written),          cmocka_unit_test(test_read),
      cmocka_unit_test(test_read_refused),     cmocka_unit_test(test_text_cap),
      cmocka_unit_test(test_delete),           cmocka_unit_test(test_delete_refused),
      cmocka_unit_test(test_delete_cap),       cmocka_unit_test(test_complete),
      cmocka_unit_test(test_complete_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
