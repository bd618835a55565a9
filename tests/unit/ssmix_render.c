// SPDX-License-Identifier: Apache-2.0
// rooms: text
// Renderings of made-up messages, compared whole: a change of wording or layout must be meant.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "node/ssmix/render.h"
#include "proto/base/utf8.h"
#include "proto/text/text.h"

#define MSH "MSH|^~\\&|HIS|SEND|GW|RCV|20260101000000||X|1|P|2.5||||||~ISO IR87||ISO 2022-1994|SS-MIX2\r"
#define PID "PID|1||0001234||山田^花子^^^^^L^I~ヤマダ^ハナコ^^^^^L^P||19820911|F\r"
#define HEAD_JA "  患者            山田 花子 (ヤマダ ハナコ)\n  生年月日        1982-09-11\n" \
                "  性別            女\n  患者番号        0001234\n"
#define HEAD_EN "  Patient         山田 花子 (ヤマダ ハナコ)\n  Born            1982-09-11\n" \
                "  Sex             female\n  Chart number    0001234\n"

static void render(const char *type, const char *message, bool japanese, buf *out)
{
    buf raw = {0};
    iso2022_report r;
    assert_int_equal(iso2022_encode(span_str(message), &raw, &r), OK);
    assert_int_equal(render_hl7(type, buf_span(&raw), japanese, out), OK);
    buf_done(&raw);
}

static void assert_rendered(const char *type, const char *message, bool japanese, const char *wanted)
{
    buf out = {0};
    render(type, message, japanese, &out);
    assert_string_equal(buf_str(&out), wanted);
    buf_done(&out);
}

static void laboratory(void **state)
{
    (void)state;
    static const char text[] =
        MSH PID "SPM|1|||023^血清^JC10|||||||||||||202601011500\rOBR|1|1|2|E1^生化学^L|||20260101\r"
        "OBX|1|NM|a^カリウム^JC10||5.9|mEq/L|3.5-5.0|H|||F\rOBX|2|NM|b^総蛋白^JC10||6.1|g/dL^g/dL^L|6.7-8.3|L|||P\r"
        "OBX|3|ST|c^赤血球^JC10||415×10^4||||||F\rNTE|1||溶血あり\r";
    assert_rendered("OML-11", text, true,
                    "検体検査結果\n" HEAD_JA "\n[検体検査]\n\n[検体] 血清\n  採取日時        2026-01-01 15:00\n"
                    "  検査            生化学\n"
                    "  項目      結果      単位   基準値   判定     状態\n"
                    "  カリウム  5.9       mEq/L  3.5-5.0  *H 高値\n"
                    "  総蛋白    6.1       g/dL   6.7-8.3  *L 低値  中間\n"
                    "  赤血球    415×10^4\n"
                    "  コメント        溶血あり\n");
}

static void prescription(void **state)
{
    (void)state;
    static const char text[] =
        MSH PID "ORC|NW|77|||||||20260101103045|||110^医師^一郎|||||01^内科^L\r"
        "RXE||1^ダーゼン錠^HOT9|1||TAB^錠^MR9P|||||15|TAB^錠^MR9P||||||||3^TAB&錠&MR9P||OHP^外来処方^L~OHI^院内処方^L\r"
        "TQ1|1||1013044400000000&１日３回朝昼夕食後&JAMISDP01|||5^d|20260102\rRXR|PO^口^HL70162\r"
        "ORC|NW|77\rRXE||2^頓服薬^HOT9|2||TAB^錠^MR9P\rTQ1|1||x^疼痛時^L|||||||||||10\r";
    assert_rendered("OMP-01", text, false,
                    "Prescription order\n" HEAD_EN "\n[Prescription]\n  Ordered         2026-01-01 10:30\n"
                    "  Department      内科\n  Ordering doctor 医師 一郎\n  Order number    77\n"
                    "\n[1] ダーゼン錠\n  Dose            1 錠\n  Dose a day      3 錠\n"
                    "  Usage           １日３回朝昼夕食後\n  Duration        5 days\n  Start           2026-01-02\n"
                    "  Dispensed       15 錠\n  Route           口\n  Dispensing      外来処方, 院内処方\n"
                    "\n[2] 頓服薬\n  Dose            2 錠\n  Usage           疼痛時\n  Doses in all    10 doses\n");
}

static void injection(void **state)
{
    (void)state;
    static const char text[] = MSH PID
        "RXE||00^一般^L|500||ML^mL^MR9P\rTQ1|1||||||202601010006|202601020006\rRXR|IV^静脈内^L\r"
        "RXC|B|1^生理食塩水^HOT|500|ML^mL^MR9P\rRXC|A|2^ビタミン^HOT|1|AMP^管^MR9P\r";
    assert_rendered("OMP-02", text, true,
                    "注射オーダ\n" HEAD_JA "\n[注射]\n\n[1] 一般\n"
                    "  薬剤        量      区分\n  生理食塩水  500 mL  基剤\n  ビタミン    1 管    添加\n"
                    "  投与量          500 mL\n  開始            2026-01-01 00:06\n"
                    "  終了            2026-01-02 00:06\n  経路            静脈内\n");
}

static void problems_and_stays(void **state)
{
    (void)state;
    assert_rendered("PPR-01",
                    MSH PID "PRB|AD|20260915|1^胃炎^MDCDX2|9|||20260831||20260915|K297^^I10^O^外来時^L||||"
                            "N^回復せず^L|20260915|20260831||1^主診断^L\rPRB|DE|20260915|2^疑い^L\r",
                    true,
                    "病名\n" HEAD_JA "\n[病名]\n\n[1] 胃炎\n  主病名          主診断\n  ICD-10          K297\n"
                    "  区分            外来時\n  発症日          2026-08-31\n  開始日          2026-08-31\n"
                    "  終了日          2026-09-15\n  転帰            回復せず\n  転帰日          2026-09-15\n"
                    "  記録日          2026-09-15\n\n[2] 疑い（削除）\n  記録日          2026-09-15\n");
    assert_rendered("ADT-52",
                    MSH PID "PV1|1|I|3A^308^2||||1^医師^一郎|||01||||||||||||||||||||||||||軽快|||||||||20260710\r",
                    false,
                    "Discharge\n" HEAD_EN "\n[Discharge]\n  Discharged      2026-07-10\n"
                    "  Place           ward 3A room 308 bed 2\n  Department      01\n"
                    "  Attending doctor 医師 一郎\n  Disposition     軽快\n");
}

static void examinations(void **state)
{
    (void)state;
    assert_rendered("OMG-11",
                    MSH PID "OBR||3||9^胸部CT^JJ1017|||20260110||||||||^^^1&胸部\rIPC|A1|P|1.2.3||CT^^DCM\r"
                            "OBR||4||8^追加^JJ1017|||20260110\rIPC|A1|P|1.2.3||CT^^DCM\r",
                    true,
                    "放射線検査の実施\n" HEAD_JA "\n[検査の実施]\n\n[1] 胸部CT\n  検査日          2026-01-10\n"
                    "  部位            胸部\n\n[2] 追加\n  検査日          2026-01-10\n\n[画像]\n"
                    "  モダリティ      CT\n  受付番号        A1\n  検査 UID        1.2.3\n"
                    "  画像は病院の PACS にあり、ここからは送られません。\n");
    assert_rendered("OMG-13",
                    MSH "PID|1||0001234||山田^花子^^^^^L^I~ヤマダ^ハナコ^^^^^L^P||F|19820911\r" // 7 and 8 swapped
                        "OBR|1|2||9A110^心電図^JC10|||20260110\r"
                        "OBX|1|TX|9A100&IMP^心電図所見^JC10|1|虚血疑い\\.br\\要再検||||||F\r"
                        "OBX|2|NM|1^心拍数^L|2|67|bpm|||||F\r",
                    true,
                    "生理検査結果\n" HEAD_JA "\n[検査結果]\n\n[1] 心電図\n  検査日          2026-01-10\n"
                    "  心電図所見      虚血疑い\n                  要再検\n  項目    結果  単位\n  心拍数  67    bpm\n");
}

static void other_types_are_text(void **state)
{
    (void)state;
    static const char text[] = MSH PID "IAM|1|DA^薬剤^L\r";
    buf out = {0};
    render("ADT-61", text, true, &out);
    assert_non_null(strstr(buf_str(&out), "アレルギー情報\n"));
    assert_non_null(strstr(buf_str(&out), "[原文]\nMSH|"));
    assert_non_null(strstr(buf_str(&out), "\nIAM|1|DA^薬剤^L\n"));
    buf_done(&out);
    render("OMP-01", text, true, &out); // not what its name says: shown as it is
    assert_non_null(strstr(buf_str(&out), "[原文]"));
    buf_done(&out);
    assert_string_equal(render_type_title("OML-11", false), "Laboratory result");
    assert_string_equal(render_type_title("XYZ-99", true), "XYZ-99");
    assert_int_equal(render_hl7("OMP-01", SPAN_LIT("\xFB\xFC"), true, &out), ERR_FORMAT);
    assert_int_equal(out.len, 0);
}

static void a_document_cannot_command_a_terminal(void **state)
{
    (void)state;
    static const char bad[] = "MSH|^~\\&|A\rPID|1||7||EVIL\x9b^B\r"
                              "RXE||1^\\X1B5B324A\\wipe\x07\x08^L|1\\X0D\\\rNTE|1||\xE2\x80\xAEgnirts\r";
    buf out = {0};
    assert_int_equal(render_hl7("OMP-01", span_of(bad, sizeof bad - 1), false, &out), OK);
    span s = buf_span(&out);
    assert_true(utf8_valid(s));
    while (s.len) {
        uint32_t c = utf8_next(&s);
        assert_true(c == '\n' || (c >= 0x20 && c != 0x7F && !(c >= 0x80 && c < 0xA0) && c != 0x202E));
    }
    assert_non_null(strstr(buf_str(&out), "[2Jwipe")); // the text stays, the command does not
    buf_done(&out);
}

static void dirt_is_told_to_the_reader(void **state)
{
    (void)state;
    buf out = {0};
    assert_int_equal(render_hl7("OML-11", SPAN_LIT("MSH|^~\\&|A\rPID|1||7\rOBX|1|ST|a||\x8E\x52||||||F\r"), true, &out), OK);
    assert_non_null(strstr(buf_str(&out), "山"));
    assert_non_null(strstr(buf_str(&out), "※"));
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laboratory), cmocka_unit_test(prescription), cmocka_unit_test(injection),
        cmocka_unit_test(problems_and_stays), cmocka_unit_test(examinations),
        cmocka_unit_test(other_types_are_text), cmocka_unit_test(a_document_cannot_command_a_terminal),
        cmocka_unit_test(dirt_is_told_to_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
