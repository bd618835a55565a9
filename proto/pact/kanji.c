// SPDX-License-Identifier: Apache-2.0
// Variants of one kanji (異体字) brought to one, for scoring only: 渡邊 and
// 渡辺 may be one family or two, so that this never makes two people one.
#include "proto/pact/identity.h"

#include <stdlib.h>
#include <uchar.h>

#include "proto/base/utf8.h"
#include "proto/pact/fold.h"

// Sorted by the variant. Nothing on the right stands on the left, so that folding twice
// changes nothing. Both are tested.
typedef struct variant { char32_t from, to; } variant;
static const variant VARIANTS[] = {
    {U'㐧', U'第'}, {U'㟢', U'崎'}, {U'㠀', U'島'}, {U'亞', U'亜'}, {U'佛', U'仏'}, {U'來', U'来'},
    {U'傳', U'伝'}, {U'兒', U'児'}, {U'兩', U'両'}, {U'冨', U'富'}, {U'冲', U'沖'}, {U'凜', U'凛'},
    {U'劍', U'剣'}, {U'劒', U'剣'}, {U'劔', U'剣'}, {U'勞', U'労'}, {U'勳', U'勲'}, {U'勵', U'励'},
    {U'勸', U'勧'}, {U'區', U'区'}, {U'卷', U'巻'}, {U'單', U'単'}, {U'囑', U'嘱'}, {U'圈', U'圏'},
    {U'國', U'国'}, {U'圍', U'囲'}, {U'圓', U'円'}, {U'圖', U'図'}, {U'團', U'団'}, {U'圡', U'土'},
    {U'埜', U'野'}, {U'堯', U'尭'}, {U'增', U'増'}, {U'墮', U'堕'}, {U'壘', U'塁'}, {U'壞', U'壊'},
    {U'壯', U'壮'}, {U'壹', U'壱'}, {U'壽', U'寿'}, {U'奧', U'奥'}, {U'姬', U'姫'}, {U'孃', U'嬢'},
    {U'學', U'学'}, {U'寢', U'寝'}, {U'實', U'実'}, {U'寬', U'寛'}, {U'寶', U'宝'}, {U'將', U'将'},
    {U'專', U'専'}, {U'對', U'対'}, {U'屆', U'届'}, {U'屬', U'属'}, {U'峯', U'峰'}, {U'峽', U'峡'},
    {U'嵜', U'崎'}, {U'嶋', U'島'}, {U'嶌', U'島'}, {U'嶽', U'岳'}, {U'巖', U'巌'}, {U'巢', U'巣'},
    {U'帶', U'帯'}, {U'廢', U'廃'}, {U'廣', U'広'}, {U'廳', U'庁'}, {U'彈', U'弾'}, {U'彌', U'弥'},
    {U'彥', U'彦'}, {U'徑', U'径'}, {U'從', U'従'}, {U'徵', U'徴'}, {U'德', U'徳'}, {U'恆', U'恒'},
    {U'悅', U'悦'}, {U'惠', U'恵'}, {U'惡', U'悪'}, {U'惱', U'悩'}, {U'愼', U'慎'}, {U'慘', U'惨'},
    {U'應', U'応'}, {U'懷', U'懐'}, {U'戀', U'恋'}, {U'戰', U'戦'}, {U'戲', U'戯'}, {U'戶', U'戸'},
    {U'拔', U'抜'}, {U'拜', U'拝'}, {U'挾', U'挟'}, {U'插', U'挿'}, {U'揭', U'掲'}, {U'搖', U'揺'},
    {U'搜', U'捜'}, {U'擇', U'択'}, {U'擊', U'撃'}, {U'擔', U'担'}, {U'據', U'拠'}, {U'擧', U'挙'},
    {U'擴', U'拡'}, {U'攝', U'摂'}, {U'收', U'収'}, {U'效', U'効'}, {U'敍', U'叙'}, {U'敎', U'教'},
    {U'數', U'数'}, {U'斎', U'斉'}, {U'斷', U'断'}, {U'昻', U'昂'}, {U'晄', U'晃'}, {U'晚', U'晩'},
    {U'晝', U'昼'}, {U'曉', U'暁'}, {U'曻', U'昇'}, {U'曾', U'曽'}, {U'會', U'会'}, {U'杤', U'栃'},
    {U'栁', U'柳'}, {U'桒', U'桑'}, {U'桺', U'柳'}, {U'條', U'条'}, {U'榮', U'栄'}, {U'槇', U'槙'},
    {U'槗', U'橋'}, {U'槪', U'概'}, {U'樂', U'楽'}, {U'樓', U'楼'}, {U'樞', U'枢'}, {U'樣', U'様'},
    {U'橫', U'横'}, {U'檜', U'桧'}, {U'檢', U'検'}, {U'檮', U'梼'}, {U'櫟', U'檪'}, {U'櫻', U'桜'},
    {U'權', U'権'}, {U'歐', U'欧'}, {U'歡', U'歓'}, {U'步', U'歩'}, {U'歲', U'歳'}, {U'歷', U'歴'},
    {U'殘', U'残'}, {U'殼', U'殻'}, {U'每', U'毎'}, {U'氣', U'気'}, {U'涉', U'渉'}, {U'淚', U'涙'},
    {U'淨', U'浄'}, {U'淵', U'渕'}, {U'淸', U'清'}, {U'淺', U'浅'}, {U'渊', U'渕'}, {U'溪', U'渓'},
    {U'溫', U'温'}, {U'滯', U'滞'}, {U'滿', U'満'}, {U'潛', U'潜'}, {U'澁', U'渋'}, {U'澤', U'沢'},
    {U'濕', U'湿'}, {U'濟', U'済'}, {U'濤', U'涛'}, {U'濱', U'浜'}, {U'濵', U'浜'}, {U'瀧', U'滝'},
    {U'瀨', U'瀬'}, {U'灣', U'湾'}, {U'焰', U'焔'}, {U'熙', U'煕'}, {U'燈', U'灯'}, {U'燒', U'焼'},
    {U'爐', U'炉'}, {U'爲', U'為'}, {U'犧', U'犠'}, {U'狀', U'状'}, {U'狹', U'狭'}, {U'獎', U'奨'},
    {U'獨', U'独'}, {U'獵', U'猟'}, {U'獸', U'獣'}, {U'獻', U'献'}, {U'珎', U'珍'}, {U'瑤', U'瑶'},
    {U'甁', U'瓶'}, {U'產', U'産'}, {U'畫', U'画'}, {U'當', U'当'}, {U'疊', U'畳'}, {U'瘦', U'痩'},
    {U'癡', U'痴'}, {U'發', U'発'}, {U'皋', U'皐'}, {U'盜', U'盗'}, {U'盡', U'尽'}, {U'眞', U'真'},
    {U'硏', U'研'}, {U'碎', U'砕'}, {U'祕', U'秘'}, {U'祿', U'禄'}, {U'禮', U'礼'}, {U'禰', U'祢'},
    {U'禱', U'祷'}, {U'稱', U'称'}, {U'稻', U'稲'}, {U'穐', U'秋'}, {U'穗', U'穂'}, {U'穩', U'穏'},
    {U'穰', U'穣'}, {U'竊', U'窃'}, {U'籔', U'薮'}, {U'籠', U'篭'}, {U'粹', U'粋'}, {U'絲', U'糸'},
    {U'經', U'経'}, {U'綠', U'緑'}, {U'緣', U'縁'}, {U'縣', U'県'}, {U'總', U'総'}, {U'繊', U'纎'},
    {U'繩', U'縄'}, {U'繪', U'絵'}, {U'繼', U'継'}, {U'續', U'続'}, {U'罐', U'缶'}, {U'羣', U'群'},
    {U'聰', U'聡'}, {U'聲', U'声'}, {U'聽', U'聴'}, {U'肅', U'粛'}, {U'腦', U'脳'}, {U'膽', U'胆'},
    {U'臟', U'臓'}, {U'臺', U'台'}, {U'與', U'与'}, {U'舊', U'旧'}, {U'舍', U'舎'}, {U'舘', U'館'},
    {U'艷', U'艶'}, {U'莊', U'荘'}, {U'莖', U'茎'}, {U'萊', U'莱'}, {U'萠', U'萌'}, {U'萬', U'万'},
    {U'蔣', U'蒋'}, {U'薗', U'園'}, {U'薰', U'薫'}, {U'藏', U'蔵'}, {U'藝', U'芸'}, {U'藥', U'薬'},
    {U'藪', U'薮'}, {U'蘆', U'芦'}, {U'處', U'処'}, {U'虛', U'虚'}, {U'號', U'号'}, {U'螢', U'蛍'},
    {U'蟲', U'虫'}, {U'蠟', U'蝋'}, {U'蠣', U'蛎'}, {U'衞', U'衛'}, {U'裝', U'装'}, {U'覺', U'覚'},
    {U'觀', U'観'}, {U'觸', U'触'}, {U'諫', U'諌'}, {U'謠', U'謡'}, {U'證', U'証'}, {U'譯', U'訳'},
    {U'譽', U'誉'}, {U'讀', U'読'}, {U'變', U'変'}, {U'讓', U'譲'}, {U'豐', U'豊'}, {U'貳', U'弐'},
    {U'賤', U'賎'}, {U'賴', U'頼'}, {U'贊', U'賛'}, {U'踐', U'践'}, {U'輕', U'軽'}, {U'轉', U'転'},
    {U'辭', U'辞'}, {U'遙', U'遥'}, {U'遞', U'逓'}, {U'遲', U'遅'}, {U'邇', U'迩'}, {U'邉', U'辺'},
    {U'邊', U'辺'}, {U'郞', U'郎'}, {U'鄕', U'郷'}, {U'鄰', U'隣'}, {U'醉', U'酔'}, {U'釀', U'醸'},
    {U'釋', U'釈'}, {U'鉤', U'鈎'}, {U'錄', U'録'}, {U'錢', U'銭'}, {U'鍊', U'錬'}, {U'鎭', U'鎮'},
    {U'鐡', U'鉄'}, {U'鐵', U'鉄'}, {U'鑄', U'鋳'}, {U'鑛', U'鉱'}, {U'關', U'関'}, {U'陷', U'陥'},
    {U'隨', U'随'}, {U'險', U'険'}, {U'隱', U'隠'}, {U'隸', U'隷'}, {U'雙', U'双'}, {U'雜', U'雑'},
    {U'霸', U'覇'}, {U'靈', U'霊'}, {U'靍', U'鶴'}, {U'靏', U'鶴'}, {U'靑', U'青'}, {U'靜', U'静'},
    {U'頰', U'頬'}, {U'頸', U'頚'}, {U'顯', U'顕'}, {U'飜', U'翻'}, {U'飮', U'飲'}, {U'餘', U'余'},
    {U'騷', U'騒'}, {U'驅', U'駆'}, {U'驗', U'験'}, {U'驛', U'駅'}, {U'髙', U'高'}, {U'髮', U'髪'},
    {U'鬪', U'闘'}, {U'鰺', U'鯵'}, {U'鴈', U'雁'}, {U'鶯', U'鴬'}, {U'鷄', U'鶏'}, {U'鷗', U'鴎'},
    {U'鹽', U'塩'}, {U'麥', U'麦'}, {U'麵', U'麺'}, {U'黃', U'黄'}, {U'黑', U'黒'}, {U'默', U'黙'},
    {U'點', U'点'}, {U'齊', U'斉'}, {U'齋', U'斉'}, {U'齒', U'歯'}, {U'齡', U'齢'}, {U'龍', U'竜'},
    {U'龜', U'亀'}, {U'﨑', U'崎'}, {U'𠮷', U'吉'},
};
#define VARIANT_COUNT (sizeof VARIANTS / sizeof *VARIANTS)

static int order(const void *key, const void *row)
{
    char32_t c = *(const char32_t *)key, from = ((const variant *)row)->from;
    return (c > from) - (c < from);
}

static uint32_t base_form(uint32_t c)
{
    char32_t key = c;
    const variant *v = bsearch(&key, VARIANTS, VARIANT_COUNT, sizeof *VARIANTS, order);
    return v ? v->to : c;
}

// The selectors of ideographic variation sequences choose a glyph, not a character.
static bool is_selector(uint32_t c)
{
    return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef);
}

err identity_kanji(span utf8, buf *out)
{
    buf plain = {0};
    size_t before = out->len;
    err e = fold_nfkc(utf8, &plain);
    for (span s = buf_span(&plain); !e && s.len;) {
        uint32_t c = utf8_next(&s);
        if (!fold_is_space(c) && !is_selector(c))
            e = utf8_put(out, base_form(c));
    }
    if (e)
        out->len = before;
    buf_wipe(&plain);
    return e;
}
