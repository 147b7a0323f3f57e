var Ve=Object.defineProperty;var Ze=Object.getOwnPropertyDescriptor;var g=(n,e,t,i)=>{for(var r=i>1?void 0:i?Ze(e,t):e,s=n.length-1,o;s>=0;s--)(o=n[s])&&(r=(i?o(e,t,r):o(r))||r);return i&&r&&Ve(e,t,r),r};var ge={name:"Hearthward-Zeitleiste",description:"Was zu Hause geschah, Tag für Tag: Alarme, Notizen, Befehle und Bilder.",today:"Heute",yesterday:"Gestern",previous_day:"Vorheriger Tag",next_day:"Nächster Tag",pick_day:"Tag wählen",search:"Suchen",clear:"Suche leeren",everyone:"Alle Personen",everywhere:"Alle Räume",everything:"Alles",person:"Person",room:"Raum",kind:"Art",nothing:"An diesem Tag wurde nichts festgehalten.",nothing_found:"Nichts gefunden.",more:"Mehr anzeigen",note:"Notiz schreiben",save_note:"Notiz speichern",note_failed:"Die Notiz wurde nicht gespeichert: {reason}",failed:"Die Zeitleiste kann nicht angezeigt werden: {reason}",retry:"Erneut versuchen",incomplete:"Wird noch eingelesen: Das Neueste kann fehlen.",meant:"„{phrase}“: {since} bis {until}",loading:"Wird geladen",close:"Schließen",picture:"Bild, {time}",sound:"Ton, {time}",alarm:"Alarm",warning:"Warnung",title:"Titel",notes:"Notizen schreiben",filters:"Suche und Filter",kinds:{event:"Ereignisse",incident:"Vorfälle",note:"Notizen",media:"Bilder und Ton",command:"Befehle",status:"Verbindung",audit:"Änderungen"}};var Y={name:"Hearthward timeline",description:"What happened at home, day by day: alarms, notes, commands and pictures.",today:"Today",yesterday:"Yesterday",previous_day:"Previous day",next_day:"Next day",pick_day:"Choose a day",search:"Search",clear:"Clear the search",everyone:"Everyone",everywhere:"All rooms",everything:"Everything",person:"Person",room:"Room",kind:"Kind",nothing:"Nothing was noted on this day.",nothing_found:"Nothing was found.",more:"Show more",note:"Write a note",save_note:"Save the note",note_failed:"The note was not saved: {reason}",failed:"The timeline cannot be shown: {reason}",retry:"Try again",incomplete:"Still reading: the newest may be missing.",meant:"“{phrase}”: {since} to {until}",loading:"Loading",close:"Close",picture:"Picture, {time}",sound:"Sound, {time}",alarm:"Alarm",warning:"Warning",title:"Title",notes:"Writing notes",filters:"Search and filters",kinds:{event:"Events",incident:"Incidents",note:"Notes",media:"Pictures and sound",command:"Commands",status:"Connection",audit:"Changes"}};var fe={name:"Cronología de Hearthward",description:"Lo que ocurrió en casa, día a día: alarmas, notas, órdenes e imágenes.",today:"Hoy",yesterday:"Ayer",previous_day:"Día anterior",next_day:"Día siguiente",pick_day:"Elegir un día",search:"Buscar",clear:"Borrar la búsqueda",everyone:"Todas las personas",everywhere:"Todas las habitaciones",everything:"Todo",person:"Persona",room:"Habitación",kind:"Tipo",nothing:"Ese día no se anotó nada.",nothing_found:"No se encontró nada.",more:"Mostrar más",note:"Escribir una nota",save_note:"Guardar la nota",note_failed:"La nota no se guardó: {reason}",failed:"No se puede mostrar la cronología: {reason}",retry:"Reintentar",incomplete:"Aún se está leyendo: puede faltar lo más reciente.",meant:"«{phrase}»: {since} a {until}",loading:"Cargando",close:"Cerrar",picture:"Imagen, {time}",sound:"Sonido, {time}",alarm:"Alarma",warning:"Aviso",title:"Título",notes:"Escribir notas",filters:"Búsqueda y filtros",kinds:{event:"Eventos",incident:"Incidentes",note:"Notas",media:"Imágenes y sonido",command:"Órdenes",status:"Conexión",audit:"Cambios"}};var ye={name:"Chronologie Hearthward",description:"Ce qui s’est passé à la maison, jour après jour : alarmes, notes, commandes et images.",today:"Aujourd’hui",yesterday:"Hier",previous_day:"Jour précédent",next_day:"Jour suivant",pick_day:"Choisir un jour",search:"Rechercher",clear:"Effacer la recherche",everyone:"Tout le monde",everywhere:"Toutes les pièces",everything:"Tout",person:"Personne",room:"Pièce",kind:"Type",nothing:"Rien n’a été noté ce jour-là.",nothing_found:"Aucun résultat.",more:"Afficher plus",note:"Écrire une note",save_note:"Enregistrer la note",note_failed:"La note n’a pas été enregistrée : {reason}",failed:"La chronologie ne peut pas être affichée : {reason}",retry:"Réessayer",incomplete:"Lecture en cours : les plus récents peuvent manquer.",meant:"« {phrase} » : {since} à {until}",loading:"Chargement",close:"Fermer",picture:"Image, {time}",sound:"Son, {time}",alarm:"Alarme",warning:"Avertissement",title:"Titre",notes:"Écriture de notes",filters:"Recherche et filtres",kinds:{event:"Événements",incident:"Incidents",note:"Notes",media:"Images et sons",command:"Commandes",status:"Connexion",audit:"Modifications"}};var ve={name:"Hearthward タイムライン",description:"家での出来事を日ごとに表示します：アラーム、メモ、操作、画像。",today:"今日",yesterday:"昨日",previous_day:"前の日",next_day:"次の日",pick_day:"日付を選択",search:"検索",clear:"検索をクリア",everyone:"全員",everywhere:"すべての部屋",everything:"すべて",person:"人",room:"部屋",kind:"種類",nothing:"この日の記録はありません。",nothing_found:"見つかりませんでした。",more:"さらに表示",note:"メモを書く",save_note:"メモを保存",note_failed:"メモを保存できませんでした：{reason}",failed:"タイムラインを表示できません：{reason}",retry:"再試行",incomplete:"読み込み中です。最新の記録が欠けている場合があります。",meant:"「{phrase}」：{since}〜{until}",loading:"読み込み中",close:"閉じる",picture:"画像、{time}",sound:"音声、{time}",alarm:"アラーム",warning:"警告",title:"タイトル",notes:"メモの入力",filters:"検索とフィルター",kinds:{event:"イベント",incident:"インシデント",note:"メモ",media:"画像と音声",command:"操作",status:"接続",audit:"変更"}};var be={name:"Hearthward 时间线",description:"家里每天发生的事：警报、笔记、指令和图片。",today:"今天",yesterday:"昨天",previous_day:"前一天",next_day:"后一天",pick_day:"选择日期",search:"搜索",clear:"清除搜索",everyone:"所有人",everywhere:"所有房间",everything:"全部",person:"人员",room:"房间",kind:"类型",nothing:"这一天没有记录。",nothing_found:"没有找到结果。",more:"显示更多",note:"写笔记",save_note:"保存笔记",note_failed:"笔记未保存：{reason}",failed:"无法显示时间线：{reason}",retry:"重试",incomplete:"仍在读取：最新内容可能缺失。",meant:"“{phrase}”：{since} 至 {until}",loading:"正在加载",close:"关闭",picture:"图片，{time}",sound:"声音，{time}",alarm:"警报",warning:"警告",title:"标题",notes:"写笔记",filters:"搜索和筛选",kinds:{event:"事件",incident:"事故",note:"笔记",media:"图片和声音",command:"指令",status:"连接",audit:"更改"}};var $e={de:ge,en:Y,es:fe,fr:ye,ja:ve,"zh-Hans":be};function H(n){let e=n.split("-")[0]??"en";return $e[n]??$e[e==="zh"?"zh-Hans":e]??Y}function C(n,e){return n.replace(/\{(\w+)\}/g,(t,i)=>e[i]??t)}/**
 * @license
 * Copyright 2019 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var W=globalThis,B=W.ShadowRoot&&(W.ShadyCSS===void 0||W.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,Q=Symbol(),xe=new WeakMap,M=class{constructor(e,t,i){if(this._$cssResult$=!0,i!==Q)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=t}get styleSheet(){let e=this.o,t=this.t;if(B&&e===void 0){let i=t!==void 0&&t.length===1;i&&(e=xe.get(t)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),i&&xe.set(t,e))}return e}toString(){return this.cssText}},_e=n=>new M(typeof n=="string"?n:n+"",void 0,Q),ee=(n,...e)=>{let t=n.length===1?n[0]:e.reduce((i,r,s)=>i+(o=>{if(o._$cssResult$===!0)return o.cssText;if(typeof o=="number")return o;throw Error("Value passed to 'css' function must be a 'css' function result: "+o+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(r)+n[s+1],n[0]);return new M(t,n,Q)},we=(n,e)=>{if(B)n.adoptedStyleSheets=e.map(t=>t instanceof CSSStyleSheet?t:t.styleSheet);else for(let t of e){let i=document.createElement("style"),r=W.litNonce;r!==void 0&&i.setAttribute("nonce",r),i.textContent=t.cssText,n.appendChild(i)}},te=B?n=>n:n=>n instanceof CSSStyleSheet?(e=>{let t="";for(let i of e.cssRules)t+=i.cssText;return _e(t)})(n):n;/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var{is:et,defineProperty:tt,getOwnPropertyDescriptor:it,getOwnPropertyNames:rt,getOwnPropertySymbols:nt,getPrototypeOf:st}=Object,F=globalThis,Ae=F.trustedTypes,ot=Ae?Ae.emptyScript:"",at=F.reactiveElementPolyfillSupport,N=(n,e)=>n,O={toAttribute(n,e){switch(e){case Boolean:n=n?ot:null;break;case Object:case Array:n=n==null?n:JSON.stringify(n)}return n},fromAttribute(n,e){let t=n;switch(e){case Boolean:t=n!==null;break;case Number:t=n===null?null:Number(n);break;case Object:case Array:try{t=JSON.parse(n)}catch{t=null}}return t}},V=(n,e)=>!et(n,e),Ee={attribute:!0,type:String,converter:O,reflect:!1,useDefault:!1,hasChanged:V};Symbol.metadata??=Symbol("metadata"),F.litPropertyMetadata??=new WeakMap;var y=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,t=Ee){if(t.state&&(t.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((t=Object.create(t)).wrapped=!0),this.elementProperties.set(e,t),!t.noAccessor){let i=Symbol(),r=this.getPropertyDescriptor(e,i,t);r!==void 0&&tt(this.prototype,e,r)}}static getPropertyDescriptor(e,t,i){let{get:r,set:s}=it(this.prototype,e)??{get(){return this[t]},set(o){this[t]=o}};return{get:r,set(o){let l=r?.call(this);s?.call(this,o),this.requestUpdate(e,l,i)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??Ee}static _$Ei(){if(this.hasOwnProperty(N("elementProperties")))return;let e=st(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(N("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(N("properties"))){let t=this.properties,i=[...rt(t),...nt(t)];for(let r of i)this.createProperty(r,t[r])}let e=this[Symbol.metadata];if(e!==null){let t=litPropertyMetadata.get(e);if(t!==void 0)for(let[i,r]of t)this.elementProperties.set(i,r)}this._$Eh=new Map;for(let[t,i]of this.elementProperties){let r=this._$Eu(t,i);r!==void 0&&this._$Eh.set(r,t)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){let t=[];if(Array.isArray(e)){let i=new Set(e.flat(1/0).reverse());for(let r of i)t.unshift(te(r))}else e!==void 0&&t.push(te(e));return t}static _$Eu(e,t){let i=t.attribute;return i===!1?void 0:typeof i=="string"?i:typeof e=="string"?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){let e=new Map,t=this.constructor.elementProperties;for(let i of t.keys())this.hasOwnProperty(i)&&(e.set(i,this[i]),delete this[i]);e.size>0&&(this._$Ep=e)}createRenderRoot(){let e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return we(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,t,i){this._$AK(e,i)}_$ET(e,t){let i=this.constructor.elementProperties.get(e),r=this.constructor._$Eu(e,i);if(r!==void 0&&i.reflect===!0){let s=(i.converter?.toAttribute!==void 0?i.converter:O).toAttribute(t,i.type);this._$Em=e,s==null?this.removeAttribute(r):this.setAttribute(r,s),this._$Em=null}}_$AK(e,t){let i=this.constructor,r=i._$Eh.get(e);if(r!==void 0&&this._$Em!==r){let s=i.getPropertyOptions(r),o=typeof s.converter=="function"?{fromAttribute:s.converter}:s.converter?.fromAttribute!==void 0?s.converter:O;this._$Em=r;let l=o.fromAttribute(t,s.type);this[r]=l??this._$Ej?.get(r)??l,this._$Em=null}}requestUpdate(e,t,i,r=!1,s){if(e!==void 0){let o=this.constructor;if(r===!1&&(s=this[e]),i??=o.getPropertyOptions(e),!((i.hasChanged??V)(s,t)||i.useDefault&&i.reflect&&s===this._$Ej?.get(e)&&!this.hasAttribute(o._$Eu(e,i))))return;this.C(e,t,i)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(e,t,{useDefault:i,reflect:r,wrapped:s},o){i&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,o??t??this[e]),s!==!0||o!==void 0)||(this._$AL.has(e)||(this.hasUpdated||i||(t=void 0),this._$AL.set(e,t)),r===!0&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(t){Promise.reject(t)}let e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[r,s]of this._$Ep)this[r]=s;this._$Ep=void 0}let i=this.constructor.elementProperties;if(i.size>0)for(let[r,s]of i){let{wrapped:o}=s,l=this[r];o!==!0||this._$AL.has(r)||l===void 0||this.C(r,void 0,s,l)}}let e=!1,t=this._$AL;try{e=this.shouldUpdate(t),e?(this.willUpdate(t),this._$EO?.forEach(i=>i.hostUpdate?.()),this.update(t)):this._$EM()}catch(i){throw e=!1,this._$EM(),i}e&&this._$AE(t)}willUpdate(e){}_$AE(e){this._$EO?.forEach(t=>t.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(t=>this._$ET(t,this[t])),this._$EM()}updated(e){}firstUpdated(e){}};y.elementStyles=[],y.shadowRootOptions={mode:"open"},y[N("elementProperties")]=new Map,y[N("finalized")]=new Map,at?.({ReactiveElement:y}),(F.reactiveElementVersions??=[]).push("2.1.2");/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var le=globalThis,Se=n=>n,Z=le.trustedTypes,ke=Z?Z.createPolicy("lit-html",{createHTML:n=>n}):void 0,Me="$lit$",$=`lit$${Math.random().toFixed(9).slice(2)}$`,Ne="?"+$,lt=`<${Ne}>`,A=document,D=()=>A.createComment(""),I=n=>n===null||typeof n!="object"&&typeof n!="function",de=Array.isArray,dt=n=>de(n)||typeof n?.[Symbol.iterator]=="function",ie=`[ 	
\f\r]`,U=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Ce=/-->/g,Te=/>/g,_=RegExp(`>|${ie}(?:([^\\s"'>=/]+)(${ie}*=${ie}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),Pe=/'/g,Re=/"/g,Oe=/^(?:script|style|textarea|title)$/i,ce=n=>(e,...t)=>({_$litType$:n,strings:e,values:t}),c=ce(1),Ut=ce(2),Dt=ce(3),E=Symbol.for("lit-noChange"),d=Symbol.for("lit-nothing"),He=new WeakMap,w=A.createTreeWalker(A,129);function Ue(n,e){if(!de(n)||!n.hasOwnProperty("raw"))throw Error("invalid template strings array");return ke!==void 0?ke.createHTML(e):e}var ct=(n,e)=>{let t=n.length-1,i=[],r,s=e===2?"<svg>":e===3?"<math>":"",o=U;for(let l=0;l<t;l++){let a=n[l],h,u,p=-1,f=0;for(;f<a.length&&(o.lastIndex=f,u=o.exec(a),u!==null);)f=o.lastIndex,o===U?u[1]==="!--"?o=Ce:u[1]!==void 0?o=Te:u[2]!==void 0?(Oe.test(u[2])&&(r=RegExp("</"+u[2],"g")),o=_):u[3]!==void 0&&(o=_):o===_?u[0]===">"?(o=r??U,p=-1):u[1]===void 0?p=-2:(p=o.lastIndex-u[2].length,h=u[1],o=u[3]===void 0?_:u[3]==='"'?Re:Pe):o===Re||o===Pe?o=_:o===Ce||o===Te?o=U:(o=_,r=void 0);let b=o===_&&n[l+1].startsWith("/>")?" ":"";s+=o===U?a+lt:p>=0?(i.push(h),a.slice(0,p)+Me+a.slice(p)+$+b):a+$+(p===-2?l:b)}return[Ue(n,s+(n[t]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),i]},z=class n{constructor({strings:e,_$litType$:t},i){let r;this.parts=[];let s=0,o=0,l=e.length-1,a=this.parts,[h,u]=ct(e,t);if(this.el=n.createElement(h,i),w.currentNode=this.el.content,t===2||t===3){let p=this.el.content.firstChild;p.replaceWith(...p.childNodes)}for(;(r=w.nextNode())!==null&&a.length<l;){if(r.nodeType===1){if(r.hasAttributes())for(let p of r.getAttributeNames())if(p.endsWith(Me)){let f=u[o++],b=r.getAttribute(p).split($),q=/([.?@])?(.*)/.exec(f);a.push({type:1,index:s,name:q[2],strings:b,ctor:q[1]==="."?ne:q[1]==="?"?se:q[1]==="@"?oe:P}),r.removeAttribute(p)}else p.startsWith($)&&(a.push({type:6,index:s}),r.removeAttribute(p));if(Oe.test(r.tagName)){let p=r.textContent.split($),f=p.length-1;if(f>0){r.textContent=Z?Z.emptyScript:"";for(let b=0;b<f;b++)r.append(p[b],D()),w.nextNode(),a.push({type:2,index:++s});r.append(p[f],D())}}}else if(r.nodeType===8)if(r.data===Ne)a.push({type:2,index:s});else{let p=-1;for(;(p=r.data.indexOf($,p+1))!==-1;)a.push({type:7,index:s}),p+=$.length-1}s++}}static createElement(e,t){let i=A.createElement("template");return i.innerHTML=e,i}};function T(n,e,t=n,i){if(e===E)return e;let r=i!==void 0?t._$Co?.[i]:t._$Cl,s=I(e)?void 0:e._$litDirective$;return r?.constructor!==s&&(r?._$AO?.(!1),s===void 0?r=void 0:(r=new s(n),r._$AT(n,t,i)),i!==void 0?(t._$Co??=[])[i]=r:t._$Cl=r),r!==void 0&&(e=T(n,r._$AS(n,e.values),r,i)),e}var re=class{constructor(e,t){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=t}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:t},parts:i}=this._$AD,r=(e?.creationScope??A).importNode(t,!0);w.currentNode=r;let s=w.nextNode(),o=0,l=0,a=i[0];for(;a!==void 0;){if(o===a.index){let h;a.type===2?h=new j(s,s.nextSibling,this,e):a.type===1?h=new a.ctor(s,a.name,a.strings,this,e):a.type===6&&(h=new ae(s,this,e)),this._$AV.push(h),a=i[++l]}o!==a?.index&&(s=w.nextNode(),o++)}return w.currentNode=A,r}p(e){let t=0;for(let i of this._$AV)i!==void 0&&(i.strings!==void 0?(i._$AI(e,i,t),t+=i.strings.length-2):i._$AI(e[t])),t++}},j=class n{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,t,i,r){this.type=2,this._$AH=d,this._$AN=void 0,this._$AA=e,this._$AB=t,this._$AM=i,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,t=this._$AM;return t!==void 0&&e?.nodeType===11&&(e=t.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,t=this){e=T(this,e,t),I(e)?e===d||e==null||e===""?(this._$AH!==d&&this._$AR(),this._$AH=d):e!==this._$AH&&e!==E&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):dt(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==d&&I(this._$AH)?this._$AA.nextSibling.data=e:this.T(A.createTextNode(e)),this._$AH=e}$(e){let{values:t,_$litType$:i}=e,r=typeof i=="number"?this._$AC(e):(i.el===void 0&&(i.el=z.createElement(Ue(i.h,i.h[0]),this.options)),i);if(this._$AH?._$AD===r)this._$AH.p(t);else{let s=new re(r,this),o=s.u(this.options);s.p(t),this.T(o),this._$AH=s}}_$AC(e){let t=He.get(e.strings);return t===void 0&&He.set(e.strings,t=new z(e)),t}k(e){de(this._$AH)||(this._$AH=[],this._$AR());let t=this._$AH,i,r=0;for(let s of e)r===t.length?t.push(i=new n(this.O(D()),this.O(D()),this,this.options)):i=t[r],i._$AI(s),r++;r<t.length&&(this._$AR(i&&i._$AB.nextSibling,r),t.length=r)}_$AR(e=this._$AA.nextSibling,t){for(this._$AP?.(!1,!0,t);e!==this._$AB;){let i=Se(e).nextSibling;Se(e).remove(),e=i}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},P=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,t,i,r,s){this.type=1,this._$AH=d,this._$AN=void 0,this.element=e,this.name=t,this._$AM=r,this.options=s,i.length>2||i[0]!==""||i[1]!==""?(this._$AH=Array(i.length-1).fill(new String),this.strings=i):this._$AH=d}_$AI(e,t=this,i,r){let s=this.strings,o=!1;if(s===void 0)e=T(this,e,t,0),o=!I(e)||e!==this._$AH&&e!==E,o&&(this._$AH=e);else{let l=e,a,h;for(e=s[0],a=0;a<s.length-1;a++)h=T(this,l[i+a],t,a),h===E&&(h=this._$AH[a]),o||=!I(h)||h!==this._$AH[a],h===d?e=d:e!==d&&(e+=(h??"")+s[a+1]),this._$AH[a]=h}o&&!r&&this.j(e)}j(e){e===d?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}},ne=class extends P{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===d?void 0:e}},se=class extends P{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==d)}},oe=class extends P{constructor(e,t,i,r,s){super(e,t,i,r,s),this.type=5}_$AI(e,t=this){if((e=T(this,e,t,0)??d)===E)return;let i=this._$AH,r=e===d&&i!==d||e.capture!==i.capture||e.once!==i.once||e.passive!==i.passive,s=e!==d&&(i===d||r);r&&this.element.removeEventListener(this.name,this,i),s&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},ae=class{constructor(e,t,i){this.element=e,this.type=6,this._$AN=void 0,this._$AM=t,this.options=i}get _$AU(){return this._$AM._$AU}_$AI(e){T(this,e)}};var ht=le.litHtmlPolyfillSupport;ht?.(z,j),(le.litHtmlVersions??=[]).push("3.3.3");var De=(n,e,t)=>{let i=t?.renderBefore??e,r=i._$litPart$;if(r===void 0){let s=t?.renderBefore??null;i._$litPart$=r=new j(e.insertBefore(D(),s),s,void 0,t??{})}return r._$AI(n),r};/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var he=globalThis,x=class extends y{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){let t=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=De(t,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return E}};x._$litElement$=!0,x.finalized=!0,he.litElementHydrateSupport?.({LitElement:x});var pt=he.litElementPolyfillSupport;pt?.({LitElement:x});(he.litElementVersions??=[]).push("4.2.2");/**
 * @license
 * Copyright 2022 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 *//**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 *//**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var ut={attribute:!0,type:String,converter:O,reflect:!1,hasChanged:V},mt=(n=ut,e,t)=>{let{kind:i,metadata:r}=t,s=globalThis.litPropertyMetadata.get(r);if(s===void 0&&globalThis.litPropertyMetadata.set(r,s=new Map),i==="setter"&&((n=Object.create(n)).wrapped=!0),s.set(t.name,n),i==="accessor"){let{name:o}=t;return{set(l){let a=e.get.call(this);e.set.call(this,l),this.requestUpdate(o,a,n,!0,l)},init(l){return l!==void 0&&this.C(o,void 0,n,l),l}}}if(i==="setter"){let{name:o}=t;return function(l){let a=this[o];e.call(this,l),this.requestUpdate(o,a,n,!0,l)}}throw Error("Unsupported decorator location: "+i)};function G(n){return(e,t)=>typeof t=="object"?mt(n,e,t):((i,r,s)=>{let o=r.hasOwnProperty(s);return r.constructor.createProperty(s,i),o?Object.getOwnPropertyDescriptor(r,s):void 0})(n,e,t)}/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */function v(n){return G({...n,state:!0,attribute:!1})}/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 *//**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var S=(n,e,t)=>(t.configurable=!0,t.enumerable=!0,Reflect.decorate&&typeof e!="object"&&Object.defineProperty(n,e,t),t);/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */function Ie(n,e){return(t,i,r)=>{let s=o=>o.renderRoot?.querySelector(n)??null;if(e){let{get:o,set:l}=typeof i=="object"?t:r??(()=>{let a=Symbol();return{get(){return this[a]},set(h){this[a]=h}}})();return S(t,i,{get(){let a=o.call(this);return a===void 0&&(a=s(this),(a!==null||this.hasUpdated)&&l.call(this,a)),a}})}return S(t,i,{get(){return s(this)}})}}/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 *//**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 *//**
 * @license
 * Copyright 2021 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 *//**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */function pe(n){return typeof n=="object"&&n!==null&&"message"in n?String(n.message):String(n)}var ue={query:"",person:"",room:"",kind:""};function ze(n,e,t,i,r){let{query:s,person:o,room:l,kind:a}=t;return n.callWS({type:"hearthward/timeline",language:n.language,...e?{entry_id:e}:{},...s?{query:s}:{},...o?{person:o}:{},...l?{room:l}:{},...a?{kind:a}:{},...i??{},...r?{cursor:r}:{}})}function je(n,e,t){return n.connection.subscribeMessage(t,{type:"hearthward/timeline/subscribe",...e?{entry_id:e}:{}})}function Le(n,e,t,i){return n.callWS({type:"hearthward/note/add",text:t,...e?{entry_id:e}:{},...i.person?{person:i.person}:{},...i.room?{room:i.room}:{}})}function qe(n,e){let t=[...n],i=[],r=0;for(let[s,o]of[...e].sort((l,a)=>l[0]-a[0]))s<r||o<=s||(s>r&&i.push({text:t.slice(r,s).join(""),marked:!1}),i.push({text:t.slice(s,o).join(""),marked:!0}),r=o);return r<t.length&&i.push({text:t.slice(r).join(""),marked:!1}),i}var gt={ack:"mdi:check",audit:"mdi:shield-account-outline",command:"mdi:gesture-tap-button",device:"mdi:devices",erasure:"mdi:eraser",event:"mdi:bell-outline",incident:"mdi:alert-octagon-outline",media:"mdi:image-outline",note:"mdi:note-text-outline",state:"mdi:motion-sensor",status:"mdi:lan-connect"};function We(n){return n.level==="alarm"?"mdi:alert":gt[n.kind]??"mdi:circle-small"}var Be=ee`
  :host {
    display: block;
  }
  ha-card {
    height: 100%;
    display: flex;
    flex-direction: column;
    overflow: hidden;
    container-type: inline-size;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 16px;
    padding: 16px 16px 8px;
  }
  h2 {
    flex: 1 1 auto;
    margin: 0;
    font-size: var(--ha-card-header-font-size, 1.375rem);
    font-weight: 400;
    line-height: 1.3;
    color: var(--ha-card-header-color, var(--primary-text-color));
  }
  .days {
    display: flex;
    align-items: center;
    gap: 2px;
  }
  .days:only-child {
    flex: 1;
    justify-content: space-between;
  }
  .day {
    position: relative;
    min-width: 9.5em;
    text-align: center;
    font-weight: 500;
    color: var(--primary-text-color);
    padding: 10px 8px;
    border-radius: 8px;
  }
  .day input {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    opacity: 0;
    cursor: pointer;
    border: 0;
  }
  .day:focus-within {
    outline: 2px solid var(--primary-color);
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    cursor: pointer;
  }
  button.round {
    width: 44px;
    height: 44px;
    border-radius: 50%;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    color: var(--secondary-text-color);
    flex: none;
  }
  button.round:hover:not(:disabled) {
    background: color-mix(in srgb, var(--primary-text-color) 8%, transparent);
  }
  button:disabled {
    opacity: 0.35;
    cursor: default;
  }
  button:focus-visible,
  select:focus-visible,
  input:focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 1px;
  }
  .filters {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    padding: 0 16px 8px;
  }
  .field {
    display: flex;
    align-items: center;
    flex: 1 1 100%;
    min-height: 44px;
    border-radius: 22px;
    background: color-mix(in srgb, var(--primary-text-color) 6%, transparent);
    color: var(--secondary-text-color);
    padding-inline: 14px 4px;
    gap: 8px;
    box-sizing: border-box;
  }
  .field:focus-within {
    outline: 2px solid var(--primary-color);
  }
  .field input {
    flex: 1;
    min-width: 0;
    font: inherit;
    color: var(--primary-text-color);
    background: none;
    border: 0;
    outline: 0;
    padding: 10px 0;
  }
  .field input::placeholder {
    color: var(--secondary-text-color);
  }
  .field input::-webkit-search-cancel-button {
    display: none;
  }
  select {
    font: inherit;
    font-size: 0.9em;
    color: var(--primary-text-color);
    background: transparent;
    border: 1px solid var(--divider-color);
    border-radius: 18px;
    min-height: 36px;
    padding: 0 10px;
    text-overflow: ellipsis;
    min-width: 0;
    max-width: 16em;
    flex: 0 1 auto;
  }
  select.set {
    background: color-mix(in srgb, var(--primary-color) 18%, transparent);
    border-color: var(--primary-color);
  }
  option {
    background: var(--card-background-color, #fff);
    color: var(--primary-text-color);
  }
  .body {
    flex: 1 1 auto;
    min-height: 120px;
    overflow-y: auto;
    padding: 8px 16px;
  }
  .hint {
    margin: 0 0 8px;
    font-size: 0.9em;
    color: var(--secondary-text-color);
  }
  .empty {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 12px;
    padding: 32px 16px;
    text-align: center;
    color: var(--secondary-text-color);
    --mdc-icon-size: 36px;
  }
  .date {
    margin: 12px 0 4px;
    font-size: 0.85em;
    font-weight: 500;
    color: var(--secondary-text-color);
  }
  ol {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  li {
    position: relative;
    display: grid;
    grid-template-columns: 3.6em 32px minmax(0, 1fr);
    column-gap: 10px;
    padding-bottom: 14px;
  }
  /* The line that joins the items, from icon to icon. */
  li:not(:last-child)::before {
    content: "";
    position: absolute;
    inset-inline-start: calc(3.6em + 10px + 15px);
    top: 34px;
    bottom: -2px;
    width: 2px;
    background: var(--divider-color);
  }
  time {
    padding-top: 6px;
    font-size: 0.85em;
    text-align: end;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
    color: var(--secondary-text-color);
  }
  .dot {
    width: 32px;
    height: 32px;
    border-radius: 50%;
    display: flex;
    align-items: center;
    justify-content: center;
    --mdc-icon-size: 18px;
    color: var(--secondary-text-color);
    background: color-mix(in srgb, var(--primary-text-color) 8%, transparent);
  }
  .note .dot,
  .kind-note .dot {
    color: var(--primary-color);
    background: color-mix(in srgb, var(--primary-color) 18%, transparent);
  }
  .warning .dot {
    color: var(--warning-color);
    background: color-mix(in srgb, var(--warning-color) 20%, transparent);
  }
  .alarm .dot {
    color: var(--text-primary-color, #fff);
    background: var(--error-color);
  }
  .what {
    padding-top: 4px;
    color: var(--primary-text-color);
    overflow-wrap: anywhere;
    line-height: 1.45;
  }
  .alarm .text {
    font-weight: 600;
    color: var(--error-color);
  }
  .text {
    white-space: pre-line;
  }
  mark {
    color: inherit;
    background: color-mix(in srgb, var(--warning-color) 35%, transparent);
    border-radius: 3px;
    padding: 0 1px;
  }
  .where {
    font-size: 0.85em;
    color: var(--secondary-text-color);
  }
  .media {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-top: 8px;
  }
  .media button {
    padding: 0;
    border-radius: 10px;
    overflow: hidden;
    line-height: 0;
    background: color-mix(in srgb, var(--primary-text-color) 6%, transparent);
  }
  .media img {
    width: 128px;
    height: 84px;
    object-fit: cover;
  }
  .media audio {
    width: min(100%, 280px);
    height: 40px;
  }
  .more {
    display: block;
    margin: 0 auto;
    padding: 10px 20px;
    border-radius: 20px;
    font-weight: 500;
    color: var(--primary-color);
  }
  .note {
    display: grid;
    grid-template-columns: 32px minmax(0, 1fr) 44px;
    align-items: center;
    column-gap: 10px;
    margin-inline-start: calc(3.6em + 10px);
    padding-bottom: 12px;
  }
  .note input {
    font: inherit;
    color: var(--primary-text-color);
    background: none;
    border: 0;
    border-bottom: 1px solid var(--divider-color);
    min-height: 44px;
    padding: 0;
    outline: 0;
  }
  .note input:focus {
    border-bottom: 2px solid var(--primary-color);
  }
  .note input::placeholder {
    color: var(--secondary-text-color);
  }
  .note input:placeholder-shown + button {
    visibility: hidden;
  }
  .note button {
    color: var(--primary-color);
  }
  .note .error {
    grid-column: 2 / -1;
    margin: 4px 0 0;
    color: var(--error-color);
    font-size: 0.9em;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  dialog {
    border: 0;
    padding: 0;
    max-width: 96vw;
    max-height: 94vh;
    border-radius: 16px;
    background: #000;
    color: #fff;
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 70%);
  }
  dialog img {
    display: block;
    max-width: 96vw;
    max-height: 94vh;
    object-fit: contain;
  }
  dialog button {
    position: absolute;
    inset-block-start: 8px;
    inset-inline-end: 8px;
    background: rgb(0 0 0 / 55%);
    color: #fff;
  }
  .bar {
    height: 2px;
    overflow: hidden;
    background: transparent;
  }
  .bar.busy::after {
    content: "";
    display: block;
    width: 30%;
    height: 100%;
    background: var(--primary-color);
    animation: slide 1.2s ease-in-out infinite;
  }
  @keyframes slide {
    from {
      transform: translateX(-100%);
    }
    to {
      transform: translateX(340%);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .bar.busy::after {
      width: 100%;
      animation: none;
      opacity: 0.5;
    }
  }
  @container (max-width: 400px) {
    select {
      flex: 1 1 0;
      padding: 0 6px;
    }
    .head {
      padding-bottom: 4px;
    }
    .media img {
      width: 104px;
      height: 72px;
    }
    .days {
      width: 100%;
      justify-content: space-between;
    }
    li {
      grid-template-columns: 3.1em 32px minmax(0, 1fr);
      column-gap: 8px;
    }
    li:not(:last-child)::before {
      inset-inline-start: calc(3.1em + 8px + 15px);
    }
    .note {
      column-gap: 8px;
      margin-inline-start: calc(3.1em + 8px);
    }
  }
`;function k(n){return n.locale.time_zone==="server"?n.config.time_zone:Intl.DateTimeFormat().resolvedOptions().timeZone}function L(n,e){return new Intl.DateTimeFormat("en-CA",{timeZone:e,year:"numeric",month:"2-digit",day:"2-digit"}).format(n*1e3)}function R(n,e){let t=new Date(`${n}T12:00:00Z`);return t.setUTCDate(t.getUTCDate()+e),t.toISOString().slice(0,10)}function K(n,e){let t=Date.parse(`${n}T00:00:00Z`)/1e3,i=t-Fe(t,e),r=t-Fe(i,e);return L(r,e)===n?r:i}function Fe(n,e){let t=new Intl.DateTimeFormat("en-US",{timeZone:e,hourCycle:"h23",year:"numeric",month:"numeric",day:"numeric",hour:"numeric",minute:"numeric",second:"numeric"}).formatToParts(n*1e3),i=s=>Number(t.find(o=>o.type===s)?.value);return Date.UTC(i("year"),i("month")-1,i("day"),i("hour"),i("minute"),i("second"))/1e3-Math.floor(n)}function J(n,e){let{language:t,time_format:i}=e.locale;return new Intl.DateTimeFormat(i==="system"?void 0:t,{timeZone:k(e),hour:i==="12"?"numeric":"2-digit",minute:"2-digit",...i==="12"||i==="24"?{hourCycle:i==="12"?"h12":"h23"}:{}}).format(n*1e3)}function X(n,e){return new Intl.DateTimeFormat(e,{timeZone:"UTC",weekday:"long",day:"numeric",month:"long",...n.slice(0,4)===new Date().toISOString().slice(0,4)?{}:{year:"numeric"}}).format(Date.parse(`${n}T12:00:00Z`))}var ft=350,m=class extends x{constructor(){super(...arguments);this.day=null;this.filter=ue;this.page=null;this.busy=!1;this.problem=null;this.noteProblem=null;this.opened=null;this.asked=0}static{this.styles=Be}static getStubConfig(){return{}}static getConfigForm(){return{schema:[{name:"title",selector:{text:{}}},{name:"person",selector:{text:{}}},{name:"room",selector:{text:{}}},{name:"show_filters",default:!0,selector:{boolean:{}}},{name:"show_note",default:!0,selector:{boolean:{}}}],computeLabel:t=>{let i=H(document.documentElement.lang);return{title:i.title,person:i.person,room:i.room,show_filters:i.filters,show_note:i.notes}[t.name]}}}setConfig(t){this.config=t,this.filter={...ue,person:t.person??"",room:t.room??""},this.page=null,this.hass&&this.refresh()}getCardSize(){return 8}getGridOptions(){return{columns:12,min_columns:6,rows:"auto"}}connectedCallback(){super.connectedCallback(),this.hass&&this.config&&this.begin()}disconnectedCallback(){super.disconnectedCallback(),window.clearTimeout(this.typing),window.clearTimeout(this.midnight),this.unsubscribe?.then(t=>t()).catch(()=>{}),this.unsubscribe=void 0}shouldUpdate(t){if(t.size>1||!t.has("hass"))return!0;let i=t.get("hass");return i?.language!==this.hass?.language||i?.locale!==this.hass?.locale||!i}updated(t){t.has("hass")&&t.get("hass")===void 0&&this.config&&this.begin(),t.has("opened")&&this.opened&&this.dialog?.showModal()}begin(){this.unsubscribe||!this.hass||(this.unsubscribe=je(this.hass,this.config?.entry_id,()=>{this.refresh()}),this.unsubscribe.catch(()=>{this.unsubscribe=void 0}),this.refresh())}get today(){return L(Date.now()/1e3,k(this.hass))}get span(){if(this.filter.query)return null;let t=this.day??this.today,i=k(this.hass);return{start:K(t,i),end:K(R(t,1),i)}}async refresh(t=null){if(!this.hass)return;let i=++this.asked;this.busy=!0,this.watchMidnight();try{let r=await ze(this.hass,this.config?.entry_id,this.filter,this.span,t);if(i!==this.asked)return;this.page=t&&this.page?{...r,items:[...this.page.items,...r.items]}:r,this.problem=null}catch(r){if(i!==this.asked)return;this.problem=pe(r)}finally{i===this.asked&&(this.busy=!1)}}watchMidnight(){window.clearTimeout(this.midnight);let t=K(R(this.today,1),k(this.hass))*1e3;this.midnight=window.setTimeout(()=>{this.refresh()},Math.max(t-Date.now()+1e3,1e3))}show(t){this.day=t>=this.today?null:t,this.page=null,this.filter.query&&(this.filter={...this.filter,query:""}),this.refresh()}narrow(t){this.filter={...this.filter,...t},this.refresh()}typed(t){let i=t.target.value.trim();window.clearTimeout(this.typing),this.typing=window.setTimeout(()=>this.narrow({query:i}),ft)}async saveNote(t){t.preventDefault();let r=t.target.elements.namedItem("note"),s=r.value.trim();if(!(!s||!this.hass))try{await Le(this.hass,this.config?.entry_id,s,this.filter),r.value="",this.noteProblem=null,this.day=null,await this.refresh()}catch(o){this.noteProblem=pe(o)}}render(){if(!this.hass||!this.config)return d;let t=H(this.hass.language);return c`
      <ha-card>
        ${this.renderHead(t)} ${this.config.show_filters===!1?d:this.renderFilters(t)}
        <div class="bar ${this.busy?"busy":""}" role="status">
          ${this.busy?c`<span class="hidden">${t.loading}</span>`:d}
        </div>
        <div class="body" aria-busy=${this.busy}>
          ${this.config.show_note===!1||this.filter.query?d:this.renderNote(t)}
          ${this.renderBody(t)}
        </div>
        ${this.renderOpened(t)}
      </ha-card>
    `}renderHead(t){let i=this.day??this.today,r=i===this.today?t.today:i===R(this.today,-1)?t.yesterday:X(i,this.hass.locale.language);return c`
      <div class="head">
        ${this.config?.title?c`<h2>${this.config.title}</h2>`:d}
        <div class="days">
          <button class="round" aria-label=${t.previous_day} @click=${()=>this.show(R(i,-1))}>
            <ha-icon icon="mdi:chevron-left"></ha-icon>
          </button>
          <div class="day">
            <span aria-hidden="true">${r}</span>
            <input
              type="date"
              aria-label=${t.pick_day}
              .value=${i}
              max=${this.today}
              @click=${s=>s.target.showPicker?.()}
              @change=${s=>{let{value:o}=s.target;o&&this.show(o)}}
            />
          </div>
          <button
            class="round"
            aria-label=${t.next_day}
            ?disabled=${i===this.today}
            @click=${()=>this.show(R(i,1))}
          >
            <ha-icon icon="mdi:chevron-right"></ha-icon>
          </button>
        </div>
      </div>
    `}renderFilters(t){return c`
      <div class="filters" role="search">
        <label class="field">
          <ha-icon icon="mdi:magnify"></ha-icon>
          <input
            type="search"
            placeholder=${t.search}
            aria-label=${t.search}
            .value=${this.filter.query}
            @input=${this.typed}
          />
          ${this.filter.query?c`<button class="round" aria-label=${t.clear} @click=${()=>this.narrow({query:""})}>
                <ha-icon icon="mdi:close"></ha-icon>
              </button>`:d}
        </label>
        ${this.renderChoice("person",t.person,t.everyone,this.page?.persons??[])}
        ${this.renderChoice("room",t.room,t.everywhere,this.page?.rooms??[])}
        ${this.renderChoice("kind",t.kind,t.everything,Object.keys(t.kinds),t.kinds)}
      </div>
    `}renderChoice(t,i,r,s,o={}){let l=this.filter[t],a=l&&!s.includes(l)?[l,...s]:s;return a.length?c`
      <select
        class=${l?"set":""}
        aria-label=${i}
        @change=${h=>this.narrow({[t]:h.target.value})}
      >
        <option value="" ?selected=${!l}>${r}</option>
        ${a.map(h=>c`<option value=${h} ?selected=${h===l}>${o[h]??h}</option>`)}
      </select>
    `:d}renderBody(t){if(this.problem)return c`
        <div class="empty" role="alert">
          <ha-icon icon="mdi:alert-circle-outline"></ha-icon>
          <span>${C(t.failed,{reason:this.problem})}</span>
          <button class="more" @click=${()=>{this.refresh()}}>${t.retry}</button>
        </div>
      `;if(!this.page)return c``;if(!this.page.items.length)return c`
        <div class="empty">
          <ha-icon icon="mdi:calendar-blank-outline"></ha-icon>
          <span>${this.filter.query?t.nothing_found:t.nothing}</span>
        </div>
      `;let{next:i,complete:r}=this.page;return c`
      ${this.renderMeaning(t)} ${r?d:c`<p class="hint">${t.incomplete}</p>`}
      ${this.renderItems(t)}
      ${i?c`<button class="more" @click=${()=>{this.refresh(i)}}>${t.more}</button>`:d}
    `}renderMeaning(t){let i=this.page?.time;if(!i)return d;let r=o=>`${X(L(o,k(this.hass)),this.hass.locale.language)}, ${J(o,this.hass)}`,s={phrase:i.phrase,since:r(i.since),until:r(i.until)};return c`<p class="hint">${C(t.meant,s)}</p>`}renderItems(t){let i=k(this.hass),r=[];for(let s of this.page.items){let o=L(s.ts,i),l=r.at(-1);l?.day===o?l.items.push(s):r.push({day:o,items:[s]})}return r.map(({day:s,items:o})=>c`
        ${this.filter.query?c`<h3 class="date">${X(s,this.hass.locale.language)}</h3>`:d}
        <ol>
          ${o.map(l=>this.renderItem(l,t))}
        </ol>
      `)}renderItem(t,i){let r=[t.device_name,t.room,t.person].filter((o,l,a)=>o&&a.indexOf(o)===l),s=t.level==="info"?"":t.level;return c`
      <li class="${s} kind-${t.kind}">
        <time datetime=${new Date(t.ts*1e3).toISOString()}>${J(t.ts,this.hass)}</time>
        <span class="dot"><ha-icon icon=${We(t)}></ha-icon></span>
        <div class="what">
          ${s?c`<span class="hidden">${t.level==="alarm"?i.alarm:i.warning}: </span>`:d}
          <div class="text"
            >${qe(t.text,t.highlights).map(o=>o.marked?c`<mark>${o.text}</mark>`:o.text)}</div
          >
          ${r.length?c`<div class="where">${r.join(" · ")}</div>`:d}
          ${t.media.length?c`<div class="media">${t.media.map(o=>this.renderMedia(o,t,i))}</div>`:d}
        </div>
      </li>
    `}renderMedia(t,i,r){let s=J(i.ts,this.hass);if(t.content_type?.startsWith("audio/")){let l=C(r.sound,{time:s});return c`<audio controls preload="none" aria-label=${l} src=${this.hass.hassUrl(t.url)}></audio>`}let o=C(r.picture,{time:s});return c`
      <button aria-label=${o} @click=${()=>this.opened={media:t,label:o}}>
        <img loading="lazy" alt=${o} src=${this.hass.hassUrl(t.thumbnail??t.url)} />
      </button>
    `}renderNote(t){return c`
      <form class="note" @submit=${this.saveNote}>
        <span class="dot"><ha-icon icon="mdi:pencil-outline"></ha-icon></span>
        <input name="note" type="text" maxlength="4000" autocomplete="off" placeholder=${t.note} aria-label=${t.note} />
        <button class="round" aria-label=${t.save_note}><ha-icon icon="mdi:send"></ha-icon></button>
        ${this.noteProblem?c`<p class="error" role="alert">${C(t.note_failed,{reason:this.noteProblem})}</p>`:d}
      </form>
    `}renderOpened(t){if(!this.opened)return d;let{media:i,label:r}=this.opened;return c`
      <dialog aria-label=${r} @close=${()=>this.opened=null} @click=${()=>this.dialog?.close()}>
        <img alt=${r} src=${this.hass.hassUrl(i.url)} />
        <button class="round" aria-label=${t.close}><ha-icon icon="mdi:close"></ha-icon></button>
      </dialog>
    `}};g([G({attribute:!1})],m.prototype,"hass",2),g([v()],m.prototype,"config",2),g([v()],m.prototype,"day",2),g([v()],m.prototype,"filter",2),g([v()],m.prototype,"page",2),g([v()],m.prototype,"busy",2),g([v()],m.prototype,"problem",2),g([v()],m.prototype,"noteProblem",2),g([v()],m.prototype,"opened",2),g([Ie("dialog")],m.prototype,"dialog",2);var me="hearthward-timeline-card";function yt(){if(customElements.get(me))return;customElements.define(me,m);let n=H(document.documentElement.lang||navigator.language);window.customCards=[...window.customCards??[],{type:me,name:n.name,description:n.description,preview:!0,documentationURL:"https://github.com/hearthward/hearthward/blob/main/docs/home-assistant.md"}]}customElements.whenDefined("home-assistant").then(yt);
