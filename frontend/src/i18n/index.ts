import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

import { en } from './en';
import { zh } from './zh-CN';

export type Language = 'zh-CN' | 'en';
const KEY = 'mall.lang';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'words';
    resources: { words: typeof zh };
  }
}

export function setLanguage(language: Language) {
  document.documentElement.lang = language;
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // The choice lasts until the page is closed.
  }
  void i18next.changeLanguage(language);
}

void i18next.use(initReactI18next).init({
  lng: document.documentElement.lang === 'en' ? 'en' : 'zh-CN',
  fallbackLng: 'zh-CN',
  defaultNS: 'words',
  resources: { 'zh-CN': { words: zh }, en: { words: en } },
  interpolation: { escapeValue: false },
});
