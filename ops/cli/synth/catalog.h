// SPDX-License-Identifier: Apache-2.0
// What hospitals prescribe, measure and find: small tables. Codes have the
// right form and system; where the exact code was not at hand the last digits
// are invented, since nothing here reads them.
#ifndef TSUNAGU_SYNTH_CATALOG_H
#define TSUNAGU_SYNTH_CATALOG_H

#include <stddef.h>
#include <stdint.h>

typedef enum drug_id {
    NO_DRUG, METFORMIN, SITAGLIPTIN, EMPAGLIFLOZIN, GLIMEPIRIDE, INSULIN, AMLODIPINE, OLMESARTAN, TELMISARTAN,
    BISOPROLOL, FUROSEMIDE, SPIRONOLACTONE, APIXABAN, WARFARIN, ASPIRIN, CLOPIDOGREL, ROSUVASTATIN,
    ATORVASTATIN,
    EZETIMIBE, FEBUXOSTAT, ALLOPURINOL, LANSOPRAZOLE, VONOPRAZAN, REBAMIPIDE, MAGNESIUM, URSO, ENTECAVIR,
    LEVOTHYROXINE, THIAMAZOLE, IRON, PREDNISOLONE, METHOTREXATE, ACETAMINOPHEN, LOXOPROFEN, MONTELUKAST,
    LEVOFLOXACIN,
    AMOXICILLIN, CARBOCISTEINE, DONEPEZIL, LEVODOPA, TAMSULOSIN, ALENDRONATE, CAPECITABINE, ANASTROZOLE,
    DRUG_ORAL_END,
    SALINE = DRUG_ORAL_END, MAINTENANCE, CEFTRIAXONE, AMPICILLIN_SB, FUROSEMIDE_INJ, OXALIPLATIN, HEPARIN,
    DRUG_COUNT
} drug_id;

typedef struct drug {
    const char *hot9, *name, *unit, *unit_name;
    uint16_t dose;  // per time
    uint8_t usage;  // index into catalog_usages
} drug;

typedef struct usage {
    const char *code, *name;
    uint8_t times; // a day
} usage;

enum lab_panel {
    PANEL_CBC = 1, PANEL_CHEM = 2, PANEL_LIPID = 4, PANEL_GLUCOSE = 8, PANEL_CLOT = 16, PANEL_THYROID = 32,
    PANEL_TUMOUR = 64, PANEL_HEART = 128, PANEL_INFLAMED = 256, PANEL_URINE = 512, PANEL_IRON = 1024
};

typedef enum lab_id {
    LAB_WBC, LAB_RBC, LAB_HB, LAB_HT, LAB_PLT, LAB_MCV,
    LAB_TP, LAB_ALB, LAB_AST, LAB_ALT, LAB_LD, LAB_ALP, LAB_GGT, LAB_TBIL, LAB_BUN, LAB_CRE, LAB_EGFR, LAB_UA,
    LAB_NA, LAB_K, LAB_CL, LAB_CA, LAB_AMY, LAB_CK, LAB_TC, LAB_TG, LAB_HDL, LAB_LDL, LAB_GLU, LAB_A1C,
    LAB_PT, LAB_APTT, LAB_DD, LAB_TSH, LAB_FT4, LAB_CEA, LAB_CA199, LAB_AFP, LAB_PSA, LAB_BNP, LAB_CRP,
    LAB_RF,
    LAB_FE, LAB_FERRITIN, LAB_UPRO, LAB_UGLU, LAB_COUNT
} lab_id;

enum specimen { BLOOD, SERUM, PLASMA, URINE, SPECIMENS };

typedef struct lab {
    const char *jlac10, *name, *unit;
    double low, high, mean, spread;
    uint8_t decimals, specimen;
    uint16_t panel;
} lab;

enum exam_bit { EXAM_CHEST = 1, EXAM_CT = 2, EXAM_MRI = 4, EXAM_ECHO = 8, EXAM_EGD = 16, EXAM_COLON = 32,
    EXAM_ECG = 64,
                EXAM_BONE = 128 };

typedef struct problem {
    const char *icd10, *code, *name;
    uint8_t department, age_from, age_to;
    char sex;                 // 0: either
    uint8_t drugs[4];         // drug_id
    uint16_t panels, exams;
    struct { uint8_t lab; double mean; } shifts[4]; // where this problem moves a value; mean 0: none
} problem;

typedef struct department {
    const char *code, *fine, *name, *fine_name;
} department;

enum { DEPT_GENERAL, DEPT_LUNG, DEPT_GUT, DEPT_HEART, DEPT_CHILD, DEPT_SURGERY, DEPT_BONE, DEPT_BRAIN,
    DEPT_NERVE,
       DEPT_UROLOGY, DEPT_WOMEN, DEPT_EMERGENCY, DEPT_COUNT };

extern const drug catalog_drugs[DRUG_COUNT];
extern const usage catalog_usages[];
extern const lab catalog_labs[LAB_COUNT];
extern const problem catalog_problems[];
extern const size_t catalog_problem_count;
extern const department catalog_departments[DEPT_COUNT];
extern const char *const catalog_specimens[SPECIMENS];
extern const char *const catalog_groups[SPECIMENS]; // the OBR-4 of each specimen's battery

#endif
